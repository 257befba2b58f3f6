"""What the tests of the ecosystem's accounts share: a user with a wallet, in a sync program."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import attrs
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from web3 import HTTPProvider, Web3

from privy_async.resources.wallets.values import ChainType, Wallet
from privy_async.sandbox import Sandbox
from privy_sync import PrivyClient
from privy_sync.integrations.web3 import sign_with

CHAIN_ID = 8453
RECEIVER = to_checksum_address("0x742D35CC6634C0532925a3B844Bc9E7595F2bD18")
USDC = to_checksum_address("0x833589fCD6eDb6E08f4c7C32D4f71b54bdA02913")
ERC20 = [
    {
        "type": "function",
        "name": "transfer",
        "inputs": [{"name": "to", "type": "address"}, {"name": "value", "type": "uint256"}],
        "outputs": [{"type": "bool"}],
        "stateMutability": "nonpayable",
    },
    {
        "type": "function",
        "name": "balanceOf",
        "inputs": [{"name": "account", "type": "address"}],
        "outputs": [{"type": "uint256"}],
        "stateMutability": "view",
    },
]
TYPED_DATA = {
    "domain": {"name": "Shop", "chainId": CHAIN_ID},
    "types": {
        "EIP712Domain": [
            {"name": "name", "type": "string"},
            {"name": "chainId", "type": "uint256"},
        ],
        "Order": [{"name": "total", "type": "uint256"}],
    },
    "primaryType": "Order",
    "message": {"total": 2**200},
}
DENY_ALL = {"name": "Deny all", "method": "*", "conditions": [], "action": "DENY"}


@attrs.frozen
class Person:
    """A user with a wallet of his own, and the client that signs as him."""

    sandbox: Sandbox
    app: PrivyClient
    privy: PrivyClient
    wallet: Wallet
    jwt: str = attrs.field(repr=False)


@contextmanager
def person(chain_type: ChainType, **options: Any) -> Iterator[Person]:
    """A sandbox in a thread of its own, and its only user. The options are the client's."""
    with Sandbox() as sandbox, sandbox.sync_client(**options) as app:
        account = {"type": "custom_auth", "custom_user_id": "alice"}
        user = app.users.create(linked_accounts=[account])
        wallet = app.wallets.create(chain_type=chain_type, owner={"user_id": user.id})
        jwt = sandbox.issue_user_jwt("alice")
        yield Person(sandbox, app, app.for_user(jwt), wallet, jwt)


def local_account(owner: Person) -> LocalAccount:
    """eth-account's own account with the wallet's private key."""
    account = Account.from_key(owner.privy.wallets.export_private_key(owner.wallet.id))
    assert isinstance(account, LocalAccount)
    return account


def stranger(owner: Person) -> PrivyClient:
    """A client of a user who has no right to the wallet."""
    account = {"type": "custom_auth", "custom_user_id": "mallory"}
    user = owner.app.users.create(linked_accounts=[account])
    owner.app.wallets.create(chain_type="ethereum", owner={"user_id": user.id})
    return owner.app.for_user(owner.sandbox.issue_user_jwt("mallory"))


def deny_all(owner: Person) -> None:
    """Put the wallet under a policy that allows nothing."""
    policy = owner.app.policies.create(
        name="Deny all", version="1.0", chain_type=owner.wallet.chain_type, rules=[DENY_ALL]
    )
    owner.privy.wallets.update(owner.wallet.id, policy_ids=[policy.id])


def connect(owner: Person, privy: PrivyClient, provider: HTTPProvider | None = None) -> Web3:
    """A web3 that signs with the wallet, which gets a little money; by default at the sandbox."""
    w3 = Web3(provider or HTTPProvider(owner.sandbox.evm_rpc_url(CHAIN_ID)))
    w3.middleware_onion.inject(sign_with(privy, owner.wallet), layer=0)
    w3.eth.default_account = Web3.to_checksum_address(owner.wallet.address)
    owner.sandbox.fund(owner.wallet.address, 1, caip2=f"eip155:{CHAIN_ID}")
    return w3


def address_of(w3: Web3) -> Any:
    return w3.eth.default_account
