"""An Ethereum chain as the sandbox uses it: filling in, sending, asking, funding.

It knows the chain by JSON-RPC alone, so it works with one in memory and with any other.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Final, Protocol, cast

import attrs
from eth_account import Account

from privy_async.sandbox.blockchains.assets import chain_of
from privy_async.sandbox.blockchains.evm.movements import movements, movements_in
from privy_async.sandbox.blockchains.evm.sponsoring import send_sponsored
from privy_async.sandbox.blockchains.failures import broadcast_failure, too_little
from privy_async.sandbox.blockchains.json_rpc import Params, RpcError
from privy_async.sandbox.blockchains.movements import Movement
from privy_async.sandbox.keys.addresses import keccak256
from privy_async.sandbox.keys.wallet_keys import WalletKey
from privy_async.sandbox.requests.encoded_fields import is_sponsored
from privy_async.sandbox.requests.fields import Fields
from privy_async.sandbox.requests.refusal import Refusal
from privy_async.sandbox.rpc import RpcResult, execute
from privy_async.sandbox.rpc.ethereum import filled_transaction

_TRANSFER_GAS: Final = 21_000
# For the calls of a batch, which cannot be estimated before the account has the batch's code.
_CALL_GAS: Final = 500_000
_MAX_BATCH_GAS: Final = 25_000_000
_BATCH: Final = "0x00000000000000000000000000000000007702ba"
_DELEGATION: Final = "0xef0100"
_BALANCE_OF: Final = "0x70a08231"
_DECIMALS: Final = "0x313ce567"
_GAS_TOO: Final = ", gas included"
_FEES: Final = ("gas_price", "max_fee_per_gas", "max_priority_fee_per_gas")
# Where contracts/usdc.vy keeps what is written from outside.
_BALANCES_SLOT, _SUPPLY_SLOT, _NAME_SLOT = range(3)

Json = dict[str, object]


class EvmRpc(Protocol):
    """Something that answers JSON-RPC."""

    @property
    def first_block(self) -> int:
        """The number of the first block in which to look for movements."""
        ...

    def request(self, method: str, params: Params) -> object:
        """Execute a method, or raise RpcError."""
        ...

    def saved(self) -> object:
        """All of the chain, as it is now, or RpcError."""
        ...

    def restore(self, saved: object) -> bool:
        """Make the chain as it was, or raise RpcError; False if it must be made anew."""
        ...

    def close(self) -> None:
        """End what it has started. It can be used again."""
        ...


@attrs.frozen
class EvmChain:
    """One chain. Its calls block."""

    caip2: str
    rpc: EvmRpc

    def execute(
        self, key: WalletKey, body: Mapping[str, object], approve: Callable[[], None]
    ) -> RpcResult:
        """Execute `eth_sendTransaction` or `wallet_sendCalls` on the chain.

        Args:
            approve: Called once the transaction is complete, before it is sent.

        Raises:
            Refusal: 400 if the request is wrong, or the chain does not take the transaction; or
                what `approve` raises.
        """
        try:
            if body["method"] == "wallet_sendCalls":
                return self._send_calls(key, body, approve)
            return self._send_transaction(key, body, approve)
        except RpcError as error:
            raise self._refusal(error, key) from None

    def _refusal(self, error: RpcError, key: WalletKey) -> Refusal:
        if _is_too_little(error):
            return too_little(self.caip2, self.balance(key.address), None, _GAS_TOO)
        return broadcast_failure(error.message)

    def is_successful(self, transaction_hash: str) -> bool | None:
        """True if a transaction did not revert; None while it is in no block."""
        receipt = self.receipt(transaction_hash)
        if receipt is None or receipt["status"] not in ("0x0", "0x1"):
            return None
        return receipt["status"] == "0x1"

    def balance(self, address: str, token: str | None = None) -> int:
        """The units an account holds of the chain's coin, or of a token; 0 without such a token."""
        if token is None:
            return self._number("eth_getBalance", address, "latest")
        return self._token_number(token, _BALANCE_OF + address[2:].lower().rjust(64, "0")) or 0

    def decimals(self, token: str) -> int | None:
        """A token's decimals; None if there is no such token."""
        return self._token_number(token, _DECIMALS)

    def credit(self, address: str, units: int, *, token: str | None = None) -> None:
        """Give an account units out of nothing.

        Raises:
            RpcError: The chain is not one for tests, or the token is not the sandbox's own.
        """
        if token is None:
            self.set_balance(address, self.balance(address) + units)
            return
        if self._install(token, "usdc"):
            self._name(token, chain_of(self.caip2).usdc_name)
        if self._text("eth_getCode", token, "latest") != contract_code("usdc"):
            self._deal(address, units, token)
            return
        self._add(token, _mapping_slot(address, _BALANCES_SLOT), units)
        self._add(token, hex(_SUPPLY_SLOT), units)

    def movements(self, address: str) -> Sequence[Movement]:
        """The movements from and to an account, oldest first."""
        return movements(self.rpc, address)

    def moved_by(self, transaction_hash: str) -> Sequence[Movement]:
        """The movements of a transaction; none while it is in no block."""
        return movements_in(self.rpc, transaction_hash)

    def receipt(self, transaction_hash: str) -> Json | None:
        """The receipt of a transaction; None while it is in no block."""
        return cast("Json | None", self._call("eth_getTransactionReceipt", transaction_hash))

    def send(self, signed_transaction: str) -> None:
        """Send a signed transaction, or raise RpcError."""
        self._call("eth_sendRawTransaction", signed_transaction)

    def set_balance(self, address: str, units: int) -> None:
        """Have an account hold so much of the coin; RpcError if the chain is not for tests."""
        self._call("anvil_setBalance", address, hex(units))

    def gas_price(self) -> int:
        """The price of a unit of gas now, in wei."""
        return self._number("eth_gasPrice")

    def _send_transaction(
        self, key: WalletKey, body: Mapping[str, object], approve: Callable[[], None]
    ) -> RpcResult:
        nonce = self._number("eth_getTransactionCount", key.address, "pending")
        draft = filled_transaction(key, Fields(body, ""), nonce)
        params = cast("Json", body["params"])
        described = cast("Json", params["transaction"])
        given = {name: value for name, value in described.items() if value is not None}
        completed = {**given, **self._missing_fees(draft, given)}
        sponsored = is_sponsored(Fields(body, ""))
        if "gas_limit" not in given:
            gas = self._gas_for({**draft, **completed}, sponsored=sponsored)
            completed["gas_limit"] = hex(gas)
        complete_body = {**body, "params": {**params, "transaction": completed}}
        result = execute(key, complete_body, nonce=nonce)
        assert result.submission is not None, "sending submits"
        approve()
        self._submit(result.submission.transaction, str(result.data["hash"]), sponsored=sponsored)
        return result

    def _submit(
        self, transaction: Mapping[str, object], sent_hash: str, *, sponsored: bool
    ) -> None:
        """Send a complete, signed transaction.

        Raises:
            Refusal: 400 if the wallet cannot pay.
            RpcError: The chain refuses it for another reason.
        """
        try:
            if sponsored:
                send_sponsored(self, transaction, sent_hash)
            else:
                self.send(str(transaction["signed_transaction"]))
        except RpcError as error:
            if not _is_too_little(error):
                raise
            has = self.balance(str(transaction["from"]))
            price = _quantity(transaction.get("gas_price", transaction.get("max_fee_per_gas")))
            gas = _quantity(transaction["gas_limit"]) * price
            needs = _quantity(transaction["value"]) + gas
            raise too_little(self.caip2, has, needs, _GAS_TOO) from None

    def _send_calls(
        self, key: WalletKey, body: Mapping[str, object], approve: Callable[[], None]
    ) -> RpcResult:
        """Send one call as it is, and several as a batch by the account itself (EIP-7702)."""
        result = execute(key, body)
        assert result.submission is not None, "sending submits"
        calls = cast("Sequence[dict[str, str]]", result.submission.transaction["calls"])
        if len(calls) == 1:
            fields: Json = dict(calls[0])
        else:
            fields = self._batch(key, calls)
        sending = {
            "method": "eth_sendTransaction",
            "caip2": self.caip2,
            "params": {"transaction": fields},
            "sponsor": result.submission.sponsored,
        }
        sent = self._send_transaction(key, sending, approve)
        transaction = {**result.submission.transaction, "transaction_hash": sent.data["hash"]}
        submission = attrs.evolve(result.submission, transaction=transaction)
        return RpcResult(result.data, submission)

    def _batch(self, key: WalletKey, calls: Sequence[Mapping[str, str]]) -> Json:
        """The transaction that executes all calls or none."""
        fields: Json = {
            "to": key.address,
            "data": "0x" + b"".join(map(_packed, calls)).hex(),
            "gas_limit": min(_CALL_GAS * (len(calls) + 1), _MAX_BATCH_GAS),
        }
        self._install(_BATCH, "batch")
        code = self._text("eth_getCode", key.address, "latest")
        if code.lower() == _DELEGATION + _BATCH[2:]:
            return fields
        nonce = self._number("eth_getTransactionCount", key.address, "pending")
        signed = Account.sign_authorization(
            {"chainId": self._number("eth_chainId"), "address": _BATCH, "nonce": nonce + 1},
            key.secret,
        )
        authorization = {
            "contract": _BATCH,
            "chain_id": signed.chain_id,
            "nonce": signed.nonce,
            "y_parity": signed.y_parity,
            "r": hex(signed.r),
            "s": hex(signed.s),
        }
        return {**fields, "authorization_list": [authorization]}

    def _missing_fees(self, draft: Mapping[str, object], given: Mapping[str, object]) -> Json:
        """The fees the caller left out, twice the base fee so that it may rise."""
        block = cast("Json", self._call("eth_getBlockByNumber", "latest", False))
        base_fee = int(str(block.get("baseFeePerGas") or "0x0"), 16)
        if "gas_price" in draft:
            most = max(2 * base_fee, self.gas_price())
            return {} if "gas_price" in given else {"gas_price": hex(most)}
        if any(name in given for name in _FEES):
            return {}
        tip = self._number("eth_maxPriorityFeePerGas")
        most = 2 * base_fee + tip
        return {"max_fee_per_gas": hex(most), "max_priority_fee_per_gas": hex(tip)}

    def _gas_for(self, transaction: Mapping[str, object], *, sponsored: bool) -> int:
        """Estimate the gas, having looked that the wallet can pay at all."""
        fee = transaction.get("gas_price", transaction.get("max_fee_per_gas"))
        price = 0 if sponsored else _quantity(fee)
        value = _quantity(transaction["value"])
        balance = self.balance(str(transaction["from"]))
        if balance < value + _TRANSFER_GAS * price:
            raise too_little(self.caip2, balance, value + _TRANSFER_GAS * price, _GAS_TOO)
        if "authorization_list" in transaction:
            return _quantity(transaction["gas_limit"])
        message = {
            name: transaction[name] for name in ("from", "to", "data") if name in transaction
        }
        gas = self._number("eth_estimateGas", {**message, "value": hex(value)})
        if balance < value + gas * price:
            raise too_little(self.caip2, balance, value + gas * price, _GAS_TOO)
        return gas

    def _install(self, address: str, name: str) -> bool:
        """True if the contract was not there before."""
        absent = self._text("eth_getCode", address, "latest") == "0x"
        if absent:
            self._call("anvil_setCode", address, contract_code(name))
        return absent

    def _deal(self, address: str, units: int, token: str) -> None:
        """Give units of a token of others, as anvil can on a fork, by looking for their place."""
        held = self.balance(address, token)
        try:
            self._call("anvil_dealERC20", address, token, hex(held + units))
        except RpcError:
            raise RpcError(f"{token} is not a token of the sandbox") from None

    def _name(self, token: str, name: str) -> None:
        length, text = f"0x{len(name):064x}", "0x" + name.encode().ljust(32, b"\0").hex()
        self._call("anvil_setStorageAt", token, hex(_NAME_SLOT), length)
        self._call("anvil_setStorageAt", token, hex(_NAME_SLOT + 1), text)

    def _add(self, token: str, slot: str, units: int) -> None:
        before = self._number("eth_getStorageAt", token, slot, "latest")
        self._call("anvil_setStorageAt", token, slot, f"0x{before + units:064x}")

    def _token_number(self, token: str, calldata: str) -> int | None:
        try:
            output = self._text("eth_call", {"to": token, "data": calldata}, "latest")
        except RpcError:
            return None
        return int(output, 16) if len(output) == 66 else None

    def _number(self, method: str, *params: object) -> int:
        return _quantity(self._call(method, *params))

    def _text(self, method: str, *params: object) -> str:
        return str(self._call(method, *params))

    def _call(self, method: str, *params: object) -> object:
        return self.rpc.request(method, Params(params))


@cache
def contract_code(name: str) -> str:
    """The runtime code of one of the sandbox's contracts, 0x hex."""
    path = resources.files("privy_async.sandbox.blockchains").joinpath(f"contracts/{name}.hex")
    return "0x" + path.read_text().strip()


def _mapping_slot(address: str, slot: int) -> str:
    """The slot in which Vyper keeps a mapping's value for an address."""
    key = slot.to_bytes(32) + bytes.fromhex(address[2:]).rjust(32, b"\0")
    return "0x" + keccak256(key).hex()


def _packed(call: Mapping[str, str]) -> bytes:
    """A call as contracts/batch.asm reads it."""
    data = bytes.fromhex(call["data"][2:])
    value = int(call["value"], 16).to_bytes(32)
    return bytes.fromhex(call["to"][2:]) + value + len(data).to_bytes(32) + data


def _is_too_little(error: RpcError) -> bool:
    """True if the account cannot pay, in geth's words or in those of others."""
    return "insufficient funds" in error.message.lower()


def _quantity(value: object) -> int:
    return value if isinstance(value, int) else int(str(value), 16)
