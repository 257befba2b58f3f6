"""The RPC requests that a transfer comes down to."""

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from privy_async.sandbox.blockchains.assets import NamedChain

if TYPE_CHECKING:
    from solders.instruction import Instruction
    from solders.pubkey import Pubkey

_TRANSFER: Final = "a9059cbb"
_CREATE_IDEMPOTENT: Final = b"\x01"
_TRANSFER_CHECKED: Final = b"\x0c"
_ASSOCIATED_TOKEN_PROGRAM: Final = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL"

Body = dict[str, object]


def transfer_body(
    chain: NamedChain, *, sender: str, receiver: str, units: int, token: str | None, decimals: int
) -> Body:
    """The body of the RPC request that moves `units` of the chain's coin, or of a token."""
    if chain.is_solana:
        transaction = _solana_transaction(sender, receiver, units, token, decimals)
        params: Body = {"transaction": transaction, "encoding": "base64"}
        return {"method": "signAndSendTransaction", "caip2": chain.caip2, "params": params}
    call: Body = {"to": receiver, "value": hex(units)}
    if token is not None:
        call = {"to": token, "data": token_transfer_data(receiver, units)}
    params = {"transaction": call}
    return {"method": "eth_sendTransaction", "caip2": chain.caip2, "params": params}


def token_transfer_data(receiver: str, units: int) -> str:
    """The calldata of an ERC-20's `transfer(address,uint256)`."""
    return f"0x{_TRANSFER}{receiver[2:].lower():0>64}{units:064x}"


def _solana_transaction(
    sender: str, receiver: str, units: int, token: str | None, decimals: int
) -> str:
    """An unsigned transaction whose blockhash is still to be filled in; base64."""
    from solders.hash import Hash
    from solders.message import Message
    from solders.pubkey import Pubkey
    from solders.system_program import TransferParams, transfer
    from solders.transaction import Transaction

    payer, to = Pubkey.from_string(sender), Pubkey.from_string(receiver)
    if token is None:
        params = TransferParams(from_pubkey=payer, to_pubkey=to, lamports=units)
        instructions = [transfer(params)]
    else:
        mint = Pubkey.from_string(token)
        instructions = spl_transfer(payer, to, mint, units, decimals)
    message = Message.new_with_blockhash(instructions, payer, Hash.default())
    return b64encode(bytes(Transaction.new_unsigned(message))).decode()


def spl_transfer(
    owner: "Pubkey", receiver: "Pubkey", mint: "Pubkey", units: int, decimals: int
) -> "list[Instruction]":
    """Make the receiver's associated token account if need be, and move tokens there."""
    from solders.instruction import AccountMeta, Instruction
    from solders.pubkey import Pubkey
    from solders.system_program import ID as SYSTEM_PROGRAM
    from solders.token import ID as TOKEN_PROGRAM
    from solders.token.associated import get_associated_token_address

    source = get_associated_token_address(owner, mint)
    target = get_associated_token_address(receiver, mint)
    create = Instruction(
        Pubkey.from_string(_ASSOCIATED_TOKEN_PROGRAM),
        _CREATE_IDEMPOTENT,
        [
            AccountMeta(owner, is_signer=True, is_writable=True),
            AccountMeta(target, is_signer=False, is_writable=True),
            AccountMeta(receiver, is_signer=False, is_writable=False),
            AccountMeta(mint, is_signer=False, is_writable=False),
            AccountMeta(SYSTEM_PROGRAM, is_signer=False, is_writable=False),
            AccountMeta(TOKEN_PROGRAM, is_signer=False, is_writable=False),
        ],
    )
    move = Instruction(
        TOKEN_PROGRAM,
        _TRANSFER_CHECKED + units.to_bytes(8, "little") + bytes([decimals]),
        [
            AccountMeta(source, is_signer=False, is_writable=True),
            AccountMeta(mint, is_signer=False, is_writable=False),
            AccountMeta(target, is_signer=False, is_writable=True),
            AccountMeta(owner, is_signer=True, is_writable=False),
        ],
    )
    return [create, move]
