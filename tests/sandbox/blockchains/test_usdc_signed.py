"""What the sandbox's USDC takes signed: permits (EIP-2612) and transfers (EIP-3009)."""

from secrets import token_bytes
from typing import Any

import attrs
import pytest
from api_client import ApiClient
from chain_helpers import BASE_USDC, call, evm, rpc, sending, usdc
from eth_abi.abi import decode, encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

pytestmark = pytest.mark.anyio

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
RECEIVER = "0x" + "5a" * 20
AMOUNT = 7
TRANSFER = ("from", "to", "value", "validAfter", "validBefore", "nonce")
PERMIT = ("owner", "spender", "value", "nonce", "deadline")
ADDRESSES = {"from", "to", "owner", "spender", "authorizer"}


def members(names: tuple[str, ...], nonce: str) -> list[dict[str, str]]:
    """The members of a struct of EIP-712."""
    kinds = {**dict.fromkeys(ADDRESSES, "address"), "nonce": nonce}
    return [{"name": name, "type": kinds.get(name, "uint256")} for name in names]


TYPES = {
    "TransferWithAuthorization": members(TRANSFER, "bytes32"),
    "ReceiveWithAuthorization": members(TRANSFER, "bytes32"),
    "CancelAuthorization": members(("authorizer", "nonce"), "bytes32"),
    "Permit": members(PERMIT, "uint256"),
}


@attrs.frozen
class Token:
    """USDC on Base, its owner's key, and the wallet that brings what the owner has signed."""

    api: ApiClient
    wallet: dict[str, Any]
    owner: LocalAccount

    def sign(self, struct: str, message: dict[str, Any], **domain: Any) -> tuple[int, int, int]:
        """Sign, by default for this very token."""
        usual = {
            "name": "USD Coin", "version": "2", "chainId": 8453, "verifyingContract": BASE_USDC
        }  # fmt: skip
        types = {struct: TYPES[struct]}
        signed = self.owner.sign_typed_data({**usual, **domain}, types, message)
        return signed.v, signed.r, signed.s

    def transfer(self, **fields: Any) -> dict[str, Any]:
        """An authorization that holds, save for what is given."""
        usual = {
            "from": self.owner.address, "to": RECEIVER, "value": AMOUNT,
            "validAfter": 0, "validBefore": 2**40, "nonce": token_bytes(32),
        }  # fmt: skip
        return {**usual, **fields}

    def permit(self, **fields: Any) -> dict[str, Any]:
        """A permit for the wallet that holds, save for what is given."""
        usual = {
            "owner": self.owner.address, "spender": self.wallet["address"], "value": AMOUNT,
            "nonce": 0, "deadline": 2**40,
        }  # fmt: skip
        return {**usual, **fields}

    async def bring(self, struct: str, message: dict[str, Any], vrs: tuple[int, int, int]) -> str:
        """Send what was signed. Returns what the chain has against it, "" if nothing."""
        name = struct[0].lower() + struct[1:]
        kinds = [each["type"] for each in TYPES[struct]]
        values = [message[each["name"]] for each in TYPES[struct]]
        if struct == "Permit":  # The contract counts the nonce by itself.
            del kinds[3], values[3]
        v, r, s = vrs
        kinds, values = [*kinds, "uint8", "bytes32", "bytes32"], [
            *values, v, r.to_bytes(32), s.to_bytes(32)
        ]  # fmt: skip
        selector = keccak(text=f"{name}({','.join(kinds)})")[:4]
        data = "0x" + (selector + encode(kinds, values)).hex()
        done = await rpc(self.api, self.wallet, sending(to=BASE_USDC, data=data))
        return "" if done.status == 200 else str(done.body["error"])

    async def signed_and_brought(self, struct: str, message: dict[str, Any]) -> str:
        return await self.bring(struct, message, self.sign(struct, message))

    async def read(self, function: str, kind: str, *values: Any) -> Any:
        """Call a function that changes nothing."""
        kinds = function[function.index("(") + 1 : -1]
        data = keccak(text=function)[:4] + encode(kinds.split(",") if kinds else [], values)
        message = {"to": BASE_USDC, "data": "0x" + data.hex()}
        return decode(
            [kind], bytes.fromhex((await evm(self.api, "eth_call", message, "latest"))[2:])
        )[0]


@pytest.fixture
async def token(api: ApiClient) -> Token:
    wallet = await api.create_wallet()
    owner = Account.create()
    data = "0xa9059cbb" + encode(["address", "uint256"], [owner.address, 100]).hex()
    assert (await rpc(api, wallet, sending(to=BASE_USDC, data=data))).status == 200
    return Token(api, wallet, owner)


async def test_its_domain(token: Token) -> None:
    """It is made of name, version, chain and address (EIP-712); name and version can be read."""
    kinds = ["bytes32", "bytes32", "bytes32", "uint256", "address"]
    text = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    hashes = [keccak(text=each) for each in (text, "USD Coin", "2")]
    expected = keccak(encode(kinds, [*hashes, 8453, BASE_USDC]))
    assert await token.read("DOMAIN_SEPARATOR()", "bytes32") == expected
    assert await token.read("version()", "string") == "2"


async def test_its_name_on_a_testnet(api: ApiClient) -> None:
    """On Base Sepolia it is called USDC, as Circle's is there, and signed for by this name."""
    await api.create_wallet()
    message = {"to": "0x036CbD53842c5426634e7929541eC2318f3dCF7e", "data": "0x06fdde03"}
    answer = await call(api, "/rpc/evm/84532", "eth_call", message, "latest")
    assert decode(["string"], bytes.fromhex(answer["result"][2:]))[0] == "USDC"


@pytest.mark.parametrize("kind", ["Transfer", "Receive"])
async def test_an_authorization_moves_money_once(token: Token, kind: str) -> None:
    """Whoever brings it pays the gas; brought again it is refused, and moves nothing."""
    to = token.wallet["address"]
    before = await usdc(token.api, to)
    message = token.transfer(to=to)
    struct = f"{kind}WithAuthorization"
    vrs = token.sign(struct, message)
    pair = token.owner.address, message["nonce"]
    assert not await token.read("authorizationState(address,bytes32)", "bool", *pair)
    assert await token.bring(struct, message, vrs) == ""
    assert await token.read("authorizationState(address,bytes32)", "bool", *pair)
    assert "authorization is used or canceled" in await token.bring(struct, message, vrs)
    assert await usdc(token.api, to) == before + AMOUNT
    assert await usdc(token.api, token.owner.address) == 100 - AMOUNT


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"validBefore": 1}, "authorization is expired"),
        ({"validAfter": 2**40}, "authorization is not yet valid"),
        ({"value": 101}, "transfer amount exceeds balance"),
        ({"to": "0x" + "00" * 20}, "transfer to the zero address"),
    ],
)
async def test_authorizations_that_do_not_hold(
    token: Token, fields: dict[str, Any], problem: str
) -> None:
    """They are refused in the words of Circle's token, and can be used once they hold."""
    message = token.transfer(**fields)
    assert problem in await token.signed_and_brought("TransferWithAuthorization", message)
    pair = token.owner.address, message["nonce"]
    assert not await token.read("authorizationState(address,bytes32)", "bool", *pair)
    assert await usdc(token.api, token.owner.address) == 100


async def test_signatures_of_something_else(token: Token) -> None:
    """Of another amount, chain, token, name, kind or key, or the same one mirrored: all refused."""
    struct = "TransferWithAuthorization"
    message = token.transfer()
    v, r, s = token.sign(struct, message)
    other = attrs.evolve(token, owner=Account.create())
    wrong = [
        token.sign(struct, {**message, "value": AMOUNT + 1}),
        token.sign(struct, message, chainId=1),
        token.sign(struct, message, verifyingContract=RECEIVER),
        token.sign(struct, message, name="USDC"),
        token.sign(struct, message, version="1"),
        token.sign("ReceiveWithAuthorization", message),
        other.sign(struct, message),
        (55 - v, r, ORDER - s),
        (55 - v, r, s),
        (v - 27, r, s),
        (27, 0, 0),
    ]
    for vrs in wrong:
        assert "invalid signature" in await token.bring(struct, message, vrs)
    assert await usdc(token.api, token.owner.address) == 100
    assert await token.bring(struct, message, (v, r, s)) == ""


async def test_only_the_receiver_brings(token: Token) -> None:
    """A ReceiveWithAuthorization of somebody else's is refused."""
    problem = await token.signed_and_brought("ReceiveWithAuthorization", token.transfer())
    assert "caller must be the payee" in problem


async def test_canceling(token: Token) -> None:
    """An authorization that its signer has canceled moves nothing; a used one cannot be."""
    message = token.transfer()
    cancel = {"authorizer": token.owner.address, "nonce": message["nonce"]}
    stranger = attrs.evolve(token, owner=Account.create())
    vrs = stranger.sign("CancelAuthorization", cancel)
    assert "invalid signature" in await token.bring("CancelAuthorization", cancel, vrs)
    assert await token.signed_and_brought("CancelAuthorization", cancel) == ""
    for struct, signed in (("TransferWithAuthorization", message), ("CancelAuthorization", cancel)):
        problem = await token.signed_and_brought(struct, signed)
        assert "authorization is used or canceled" in problem
    assert await usdc(token.api, token.owner.address) == 100


async def test_a_permit(token: Token) -> None:
    """It sets the allowance, once; the next needs the next nonce."""
    pair = token.owner.address, token.wallet["address"]
    first = token.permit()
    vrs = token.sign("Permit", first)
    assert await token.bring("Permit", first, vrs) == ""
    assert await token.read("allowance(address,address)", "uint256", *pair) == AMOUNT
    assert await token.read("nonces(address)", "uint256", token.owner.address) == 1
    assert "EIP2612: invalid signature" in await token.bring("Permit", first, vrs)
    assert await token.signed_and_brought("Permit", token.permit(nonce=1, value=9)) == ""
    assert await token.read("allowance(address,address)", "uint256", *pair) == 9


async def test_permits_that_do_not_hold(token: Token) -> None:
    """One that has expired, or that somebody else has signed, allows nothing."""
    assert "permit is expired" in await token.signed_and_brought("Permit", token.permit(deadline=1))
    stranger = attrs.evolve(token, owner=Account.create())
    vrs = stranger.sign("Permit", token.permit())
    assert "EIP2612: invalid signature" in await token.bring("Permit", token.permit(), vrs)
    pair = token.owner.address, token.wallet["address"]
    assert await token.read("allowance(address,address)", "uint256", *pair) == 0
