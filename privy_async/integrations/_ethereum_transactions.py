"""Transactions between eth-account and web3.py on one side and Privy on the other.

What Privy signed is compared with what it was asked to sign, field by field: a transaction whose
nonce is not the one that was asked for could move money a second time.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import attrs
import rlp  # type: ignore[import-untyped]
from eth_account.datastructures import SignedSetCodeAuthorization, SignedTransaction
from eth_account.typed_transactions.set_code_transaction import Authorization
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from eth_utils.conversions import hexstr_if_str, to_bytes
from eth_utils.crypto import keccak
from hexbytes import HexBytes

from privy_async.encodings.addresses import check_ethereum_address
from privy_async.encodings.texts import hex_digits
from privy_async.errors import APIResponseError, InvalidArgumentError
from privy_async.json_types import is_array
from privy_async.resources.wallets.values import Wallet
from privy_async.values import Value

_rlp = cast("Any", rlp)

_FEES: Final = ("maxPriorityFeePerGas", "maxFeePerGas")
_CALL: Final = ("gas", "to", "value", "data")
# What stands in a transaction of each type, in its order (EIP-155, 2930, 1559, 7702).
_FIELDS: Final[Mapping[int, Sequence[str]]] = {
    0: ("nonce", "gasPrice", *_CALL),
    1: ("chainId", "nonce", "gasPrice", *_CALL, "accessList"),
    2: ("chainId", "nonce", *_FEES, *_CALL, "accessList"),
    4: ("chainId", "nonce", *_FEES, *_CALL, "accessList", "authorizationList"),
}
_DEFAULTS: Final[Mapping[str, Any]] = {"to": b"", "value": 0, "data": b"", "accessList": ()}
_NOWHERE: Final = ("", "0x", b"")
# eth-account takes a transaction that has been signed before, and signs it anew.
_SIGNATURE: Final = ("v", "r", "s")
_MOST_AUTHORIZATIONS: Final = 10
_HEX_NUMBER: Final = re.compile("0[xX][0-9a-fA-F]{1,64}")


def wallet_address(wallet: Wallet) -> ChecksumAddress:
    """The address of an Ethereum wallet.

    Raises:
        InvalidArgumentError: It is a wallet of another kind of chain.
    """
    if not isinstance(wallet, Wallet) or wallet.chain_type != "ethereum":
        raise InvalidArgumentError("wallet", "expected an Ethereum wallet, as wallets.get gives")
    return to_checksum_address(check_ethereum_address(wallet.address, argument="wallet.address"))


class _Authorization(NamedTuple):
    """A signed EIP-7702 authorization, in the order in which it is encoded."""

    chain_id: int
    contract: bytes
    nonce: int
    y_parity: int
    r: int
    s: int

    def to_privy(self) -> dict[str, Any]:
        fields = self._asdict()
        return {**fields, "r": f"0x{self.r:064x}", "s": f"0x{self.s:064x}"}


_RPC_NAMES: Final = ("chainId", "address", "nonce", "yParity", "r", "s")


@attrs.frozen
class UnsignedTransaction:
    """A transaction that lacks nothing but its signature.

    `fields` have web3.py's names and are ints, bytes and authorizations, so that two of equal
    fields are the same transaction.
    """

    type: int
    fields: Mapping[str, Any]

    def to_privy(self) -> dict[str, Any]:
        """Return the transaction as `wallets.ethereum.sign_transaction` takes it."""
        given = {name: value for name, value in self.fields.items() if name != "accessList"}
        if not given["to"]:
            del given["to"]
        if self.type == 4:
            given["authorizationList"] = [one.to_privy() for one in given["authorizationList"]]
        return {"type": self.type, **given}

    def with_signature(self, signed_transaction: str) -> SignedTransaction:
        """Read what Privy signed, 0x hex.

        Raises:
            APIResponseError: It is something else than this transaction.
        """
        raw = _read_hex(signed_transaction)
        items = _decode(raw, self.type)
        names = _FIELDS[self.type]
        if len(items) != len(names) + 3 or any(map(is_array, items[-3:])):
            raise _not_asked_for("it has other fields")
        for name, item in zip(names, items, strict=False):
            if item != _encoded(self.fields[name]):
                raise _not_asked_for(f"its {name} is another")
        v, r, s = (int.from_bytes(item) for item in items[-3:])
        # EIP-155 puts the chain of a legacy transaction into v.
        if self.type == 0 and (v - 35) // 2 != self.fields["chainId"]:
            raise _not_asked_for("its chainId is another")
        return SignedTransaction(raw, HexBytes(keccak(raw)), r, s, v)

    def to_rpc(self, signed: SignedTransaction) -> dict[str, Any]:
        """The signed transaction as a node answers `eth_signTransaction`."""
        fields = {name: _rpc_value(value) for name, value in self.fields.items()}
        fields["input"] = fields.pop("data")
        fields["to"] = fields["to"] if fields["to"] != "0x" else None
        signature = {name: hex(getattr(signed, name)) for name in ("v", "r", "s")}
        transaction = {"type": hex(self.type), **fields, **signature, "hash": _hex(signed.hash)}
        return {"raw": _hex(signed.raw_transaction), "tx": transaction}


def read_transaction(
    transaction: Mapping[str, Any], address: ChecksumAddress
) -> UnsignedTransaction:
    """Read a complete transaction in any form that eth-account and web3.py take.

    Without a type it is of type 1 if it has a `gasPrice` and an `accessList`, 4 if it has an
    `authorizationList`, 2 if it has one of the fees of EIP-1559, else 0.

    Raises:
        InvalidArgumentError: A field is missing, wrong, or of another type of transaction; or
            it is one that Privy signs none of, such as with blobs or an access list.
    """
    if not isinstance(transaction, Mapping):
        raise InvalidArgumentError("transaction", "expected a mapping of fields")
    given = {
        name: value
        for name, value in transaction.items()
        if value is not None and name not in _SIGNATURE
    }
    _check_sender(given.pop("from", address), address)
    kind = _type(given)
    if "input" in given and "data" not in given:
        given["data"] = given.pop("input")
    expected = sorted({"chainId", *_FIELDS[kind]})
    for name in given:
        if name not in expected:
            problem = f"Privy signs no such field; of type {kind} it signs {', '.join(expected)}"
            raise InvalidArgumentError(f"transaction.{name}", problem)
    return UnsignedTransaction(kind, {name: _field(name, given) for name in expected})


def _check_sender(sender: object, address: str) -> None:
    if not (isinstance(sender, str) and sender.lower() == address.lower()):
        raise InvalidArgumentError("transaction.from", f"is not the wallet's address {address}")


def _type(given: dict[str, Any]) -> int:
    if "type" in given:
        kind = _number(given.pop("type"), "transaction.type")
        if kind not in _FIELDS:
            raise InvalidArgumentError("transaction.type", "Privy signs types 0, 1, 2 and 4")
        return kind
    if "gasPrice" in given and "accessList" in given:
        return 1
    if "authorizationList" in given:
        return 4
    return 2 if any(name in given for name in _FEES) else 0


def _field(name: str, given: Mapping[str, Any]) -> Any:
    argument = f"transaction.{name}"
    if name not in given:
        if name in _DEFAULTS:
            return _DEFAULTS[name]
        raise InvalidArgumentError(argument, "is missing")
    value = given[name]
    if name == "to":
        return b"" if value in _NOWHERE else _address(value, argument)
    if name == "data":
        return _data(value, argument)
    if name == "accessList":
        return _no_access_list(value, argument)
    if name == "authorizationList":
        return _authorizations(value, argument)
    return _number(value, argument)


def _number(value: object, argument: str) -> int:
    if isinstance(value, str) and _HEX_NUMBER.fullmatch(value):
        return int(value, 16)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**256:
        return int(value)
    raise InvalidArgumentError(argument, "expected an int from 0 to 2**256 - 1, or 0x hex of one")


def _data(value: object, argument: str) -> bytes:
    try:
        return bytes(hexstr_if_str(to_bytes, cast("Any", value)))
    except (TypeError, ValueError):
        raise InvalidArgumentError(argument, "expected bytes, or hex of them") from None


def _address(value: object, argument: str) -> bytes:
    if isinstance(value, str):
        value = f"0x{value.removeprefix('0x').removeprefix('0X')}"
    return bytes.fromhex(check_ethereum_address(value, argument=argument)[2:])


def _no_access_list(value: object, argument: str) -> tuple[()]:
    if not is_array(value) or value:
        raise InvalidArgumentError(argument, "Privy signs no access lists; leave it out")
    return ()


# --- authorizations (EIP-7702)


def read_unsigned_authorization(given: object) -> Authorization:
    """Read what is to be authorized: `{chainId, address, nonce}`.

    Raises:
        InvalidArgumentError: A field is missing or wrong; it is named.
    """
    if not isinstance(given, Mapping):
        raise InvalidArgumentError("authorization", "expected {chainId, address, nonce}")
    fields = cast("Mapping[str, Any]", given)
    for name in ("chainId", "address", "nonce"):
        if name not in fields:
            raise InvalidArgumentError(f"authorization.{name}", "is missing")
    return Authorization(
        _number(fields["chainId"], "authorization.chainId"),
        _address(fields["address"], "authorization.address"),
        _number(fields["nonce"], "authorization.nonce"),
    )


def _authorizations(value: object, argument: str) -> tuple[_Authorization, ...]:
    if not (is_array(value) and value):
        raise InvalidArgumentError(argument, "expected a list of at least one authorization")
    if len(value) > _MOST_AUTHORIZATIONS:
        problem = f"Privy signs at most {_MOST_AUTHORIZATIONS} in one transaction"
        raise InvalidArgumentError(argument, problem)
    return tuple(_authorization(item, f"{argument}[{index}]") for index, item in enumerate(value))


def _authorization(item: object, argument: str) -> _Authorization:
    """Read one of eth-account's, as value or mapping, or one of `sign_7702_authorization`."""
    if isinstance(item, SignedSetCodeAuthorization):
        address = bytes(item.address)
        return _Authorization(item.chain_id, address, item.nonce, item.y_parity, item.r, item.s)
    fields = item.to_json() if isinstance(item, Value) else item
    if not isinstance(fields, Mapping):
        raise InvalidArgumentError(argument, "expected a signed EIP-7702 authorization")
    fields = cast("Mapping[str, Any]", fields)
    chain_id, nonce, r, s = (
        _number(_either(fields, *names), f"{argument}.{names[0]}")
        for names in (("chainId", "chain_id"), ("nonce",), ("r",), ("s",))
    )
    contract = _address(_either(fields, "address", "contract"), f"{argument}.address")
    y_parity = _parity(_either(fields, "yParity", "y_parity"), f"{argument}.yParity")
    return _Authorization(chain_id, contract, nonce, y_parity, r, s)


def _parity(value: object, argument: str) -> int:
    parity = _number(int(value) if isinstance(value, bool) else value, argument)
    if parity > 1:
        raise InvalidArgumentError(argument, "expected 0 or 1")
    return parity


def _either(fields: Mapping[str, Any], *names: str) -> Any:
    return next((fields[name] for name in names if name in fields), None)


def _read_hex(text: str) -> HexBytes:
    try:
        return HexBytes(text)
    except ValueError:
        raise _not_asked_for("it is none") from None


def _decode(raw: bytes, kind: int) -> Sequence[Any]:
    """The fields and the signature of a signed transaction of this type (EIP-2718)."""
    prefix = bytes([kind]) if kind else b""
    if not raw.startswith(prefix):
        raise _not_asked_for("it is of another type")
    try:
        items: Any = _rlp.decode(raw[len(prefix) :])
    except _rlp.exceptions.RLPException:
        raise _not_asked_for("it is none") from None
    if not is_array(items):
        raise _not_asked_for("it is of another type")
    return items


def _encoded(value: Any) -> Any:
    """A field as it stands in the encoded transaction: bytes, or lists of such."""
    if isinstance(value, int):
        return value.to_bytes((value.bit_length() + 7) // 8)
    return value if isinstance(value, bytes) else [_encoded(item) for item in value]


def _not_asked_for(problem: str) -> APIResponseError:
    message = f"the wallet signed another transaction than it was asked to: {problem}"
    return APIResponseError(message, path="data.signed_transaction")


def _rpc_value(value: Any) -> Any:
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, bytes):
        return _hex(value)
    if isinstance(value, _Authorization):
        return {name: _rpc_value(part) for name, part in zip(_RPC_NAMES, value, strict=True)}
    return [_rpc_value(item) for item in value]


def _hex(value: bytes) -> str:
    return f"0x{hex_digits(value)}"
