"""Transfers, which are wallet actions (https://docs.privy.io/wallets/actions/transfer)."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import attrs

from privy_async.sandbox.app import App
from privy_async.sandbox.blockchains.assets import CHAINS, NamedChain, to_decimal, to_units
from privy_async.sandbox.blockchains.transfer_bodies import transfer_body
from privy_async.sandbox.operations.events import tell_of_new_transfer
from privy_async.sandbox.operations.paging import page
from privy_async.sandbox.operations.route import Route
from privy_async.sandbox.operations.wallets.signing import submitted
from privy_async.sandbox.operations.wallets.wallets import addressed_wallet, owner_or_signer
from privy_async.sandbox.policies.asked import asked_by_action
from privy_async.sandbox.policies.evaluate import require_allowed
from privy_async.sandbox.records.json_types import Json
from privy_async.sandbox.records.transfers import Transfer
from privy_async.sandbox.records.wallets import Wallet
from privy_async.sandbox.requests.encoded_fields import absent, reference_id
from privy_async.sandbox.requests.fields import Fields, input_error
from privy_async.sandbox.requests.http_messages import HttpRequest, HttpResponse
from privy_async.sandbox.requests.refusal import Refusal

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_MAX_AMOUNT: Final = 100
_U64: Final = 2**64
# What the chain may say of a transfer that then counts as rejected.
_REJECTIONS: Final = ("insufficient_funds", "transaction_broadcast_failure")
_QUOTE_LIFETIME: Final = 60
MAX_REFERENCE: Final = 64
_ACTION_TYPES: Final = (
    "transfer",
    "swap",
    "earn_deposit",
    "earn_withdraw",
    "earn_incentive_claim",
    "earn_fee_collect",
    "payout",
)


@attrs.frozen(kw_only=True)
class _Order:
    """A transfer as it is asked for.

    Attributes:
        asset: A name or a token's address.
        token: The token's address; None for the chain's coin.
        units: The amount in smallest units.
    """

    chain: NamedChain
    chain_name: str
    asset: str
    is_named: bool
    token: str | None
    decimals: int
    units: int
    receiver: str
    receiving_chain: str
    receiving_asset: str
    amount_type: str | None

    @property
    def amount(self) -> str:
        return to_decimal(self.units, self.decimals)

    @property
    def is_local(self) -> bool:
        """True if it stays on its chain and in its asset."""
        return (self.receiving_chain, self.receiving_asset) == (self.chain_name, self.asset)

    def details(self) -> Mapping[str, object]:
        """The fields by which the action tells of it."""
        named = {"source_asset": self.asset}
        custom = {"source_asset_address": self.asset, "source_asset_decimals": self.decimals}
        amount_type = {} if self.amount_type is None else {"amount_type": self.amount_type}
        return {
            "source_chain": self.chain_name,
            "source_amount": self.amount,
            **(named if self.is_named else custom),
            "destination_address": self.receiver,
            "destination_amount": self.amount,
            **amount_type,
        }


async def transfer(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/{wallet_id}/transfer.

    An assumption: what the chain refuses makes the action `rejected`; a policy's refusal and wrong
    input are answered at once.
    """
    wallet = addressed_wallet(app, request)
    order = await _read_order(app, wallet, request.fields)
    if not order.is_local:
        problem = "The sandbox does not imitate transfers across chains or assets yet"
        raise Refusal(501, problem, "not_implemented")
    reference = reference_id(request.fields)
    made = Transfer(
        id=app.state.clock.uuid(),
        wallet_id=wallet.id,
        created_at=app.state.now,
        caip2=order.chain.caip2,
        details={**order.details(), **({"reference_id": reference} if reference else {})},
    )
    made = await _carried_out(app, wallet, request, order, made)
    app.state.transfers[made.id] = made
    tell_of_new_transfer(app, made)
    return HttpResponse.json(_to_json(app, made, steps=False))


async def quote(app: App, request: HttpRequest) -> HttpResponse:
    """POST /v1/wallets/{wallet_id}/transfer/quote: one for one and free of charge."""
    order = await _read_order(app, addressed_wallet(app, request), request.fields)
    if order.is_local:
        problem = "Quotes are for transfers across chains or assets"
        raise input_error("destination", problem)
    if order.receiving_asset != order.asset:
        problem = "The sandbox knows no prices: one asset for another has no quote"
        raise Refusal(501, problem, "not_implemented")
    source = {"chain": order.chain_name, "asset": order.asset, "amount": order.amount}
    destination = {
        "address": order.receiver,
        "asset": order.receiving_asset,
        "chain": order.receiving_chain,
    }
    return HttpResponse.json(
        {
            "amount_type": order.amount_type or "exact_input",
            "source": source,
            "destination": destination,
            "estimated_input_amount": order.amount,
            "estimated_output_amount": order.amount,
            "estimated_fees": [],
            "expires_at": app.state.now // 1000 + _QUOTE_LIFETIME,
        }
    )


async def get_action(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/wallets/{wallet_id}/actions/{action_id}."""
    wallet = addressed_wallet(app, request)
    made = app.state.transfers.get(request.path_values["action_id"])
    if made is None or made.wallet_id != wallet.id:
        raise Refusal(404, "Wallet action not found", "not_found")
    await _refresh(app, [made])
    return HttpResponse.json(_to_json(app, made, steps=request.query.get("include") == "steps"))


async def get_actions(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/wallets/{wallet_id}/actions, newest first, with `type` only of that kind."""
    wallet = addressed_wallet(app, request)
    kind = request.query.get("type", "transfer")
    if kind not in _ACTION_TYPES:
        raise input_error("type", f"Expected {' | '.join(map(repr, _ACTION_TYPES))}")
    made = [
        each
        for each in reversed(app.state.transfers.values())
        if each.wallet_id == wallet.id and kind == "transfer"
    ]
    await _refresh(app, made)
    return page(made, request.query, lambda shown: [_to_json(app, e, steps=False) for e in shown])


async def get_actions_by_reference(app: App, request: HttpRequest) -> HttpResponse:
    """GET /v1/actions?reference_id=…: all of the app, none if there are none."""
    reference = request.query.get("reference_id", "")
    if not 1 <= len(reference) <= MAX_REFERENCE:
        problem = f"String must contain 1 to {MAX_REFERENCE} character(s)"
        raise input_error("reference_id", problem)
    steps = request.query.get("include") == "steps"
    transfers = app.state.transfers.values()
    made = [each for each in transfers if each.details.get("reference_id") == reference]
    await _refresh(app, made)
    return HttpResponse.json({"actions": [_to_json(app, each, steps=steps) for each in made]})


async def _refresh(app: App, made: Sequence[Transfer]) -> None:
    sent = [each.transaction_id for each in made if each.transaction_id is not None]
    await app.blockchains.refresh([app.state.transactions[each] for each in sent])


async def _carried_out(
    app: App, wallet: Wallet, request: HttpRequest, order: _Order, made: Transfer
) -> Transfer:
    body = transfer_body(
        order.chain,
        sender=wallet.key.address,
        receiver=order.receiver,
        units=order.units,
        token=order.token,
        decimals=order.decimals,
    )
    ask = partial(asked_by_action, "transfer", request.fields)
    approve = partial(require_allowed, app.state, wallet, request, ask)
    try:
        result = await app.blockchains.execute(wallet.key, body, approve)
    except Refusal as refusal:
        if refusal.code not in _REJECTIONS:
            raise
        return attrs.evolve(made, rejection=refusal.message)
    assert result.submission is not None, "sending submits"
    return attrs.evolve(made, transaction_id=submitted(app, wallet, result.submission).id)


def _to_json(app: App, made: Transfer, *, steps: bool) -> Json:
    transaction = app.state.transactions[made.transaction_id] if made.transaction_id else None
    return made.to_json(transaction, steps=steps)


async def _read_order(app: App, wallet: Wallet, fields: Fields) -> _Order:
    source, destination = fields.object("source"), fields.object("destination")
    chain_name = source.choice("chain", tuple(CHAINS))
    chain = CHAINS[chain_name]
    if wallet.key.chain_type != ("solana" if chain.is_solana else "ethereum"):
        problem = f"The wallet is one of {wallet.key.chain_type}"
        raise input_error(source.at("chain"), problem)
    if not app.blockchains.has(chain.caip2):
        raise Refusal(501, f"The sandbox has no chain {chain_name}", "not_implemented")
    is_named = absent(source, "asset_address")
    name = "asset" if is_named else "asset_address"
    asset = source.string(name)
    token, decimals = await _asset(app, chain, source, name)
    receiving_chain = destination.optional_string("chain") or chain_name
    return _Order(
        chain=chain,
        chain_name=chain_name,
        asset=asset,
        is_named=is_named,
        token=token,
        decimals=decimals,
        units=_units(fields, source, decimals, chain),
        receiver=_receiver(destination, CHAINS.get(receiving_chain, chain)),
        receiving_chain=receiving_chain,
        receiving_asset=destination.optional_string("asset") or asset,
        amount_type=_amount_type(fields),
    )


async def _asset(app: App, chain: NamedChain, source: Fields, name: str) -> tuple[str | None, int]:
    asset = source.string(name)
    if name == "asset":
        if asset not in (chain.native, "usdc"):
            raise input_error(source.at(name), f"Expected '{chain.native}' | 'usdc'")
    elif not _is_address(asset, chain):
        raise input_error(source.at(name), "Not an address of a token")
    try:
        return await app.blockchains.asset(chain.caip2, asset)
    except ValueError as error:
        raise input_error(source.at(name), str(error)) from None


def _units(fields: Fields, source: Fields, decimals: int, chain: NamedChain) -> int:
    # `source.amount` is the older place.
    holder = source if absent(fields, "amount") else fields
    text = holder.string("amount")
    try:
        if len(text) > _MAX_AMOUNT:
            raise ValueError(f"Expected at most {_MAX_AMOUNT} characters")
        units = to_units(text, decimals)
    except ValueError as error:
        raise input_error(holder.at("amount"), str(error)) from None
    if units >= (_U64 if chain.is_solana else 2**256):
        raise input_error(holder.at("amount"), "Too large")
    return units


def _receiver(destination: Fields, chain: NamedChain) -> str:
    address = destination.string("address")
    if not _is_address(address, chain):
        raise input_error(destination.at("address"), "Not an address of the chain")
    return address


def _is_address(text: str, chain: NamedChain) -> bool:
    if not chain.is_solana:
        return _ADDRESS.fullmatch(text) is not None
    # The chains' libraries are loaded when they are first used.
    from solders.pubkey import Pubkey

    try:
        Pubkey.from_string(text)
    except ValueError:
        return False
    return True


def _amount_type(fields: Fields) -> str | None:
    if absent(fields, "amount_type"):
        return None
    return fields.choice("amount_type", ("exact_input", "exact_output"))


ROUTES: Final = (
    Route("POST", "/v1/wallets/{wallet_id}/transfer", transfer, owner_or_signer, keyed=True),
    Route("POST", "/v1/wallets/{wallet_id}/transfer/quote", quote, owner_or_signer),
    Route("GET", "/v1/wallets/{wallet_id}/actions", get_actions),
    Route("GET", "/v1/wallets/{wallet_id}/actions/{action_id}", get_action),
    Route("GET", "/v1/actions", get_actions_by_reference),
)
