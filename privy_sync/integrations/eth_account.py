"""eth-account: a Privy wallet as an account, for what expects one that signs.

    account = PrivyAccount(alice, wallet)  # alice = privy.for_user(user_jwt)
    signed = account.sign_message(encode_defunct(text="hello"))

It needs eth-account (the extra `ethereum`). In an async program, use the account of
`privy_async.integrations.eth_account`.
"""

from importlib import import_module

from privy_async.checks import needing

with needing("eth_account", install="privy-async[ethereum]"):
    import_module("eth_account")

from privy_async.errors import InvalidArgumentError
from privy_async.integrations._ethereum_account import KeylessAccount
from privy_async.resources.wallets.ethereum import SignatureOptions
from privy_async.resources.wallets.values import Wallet
from privy_sync.client import PrivyClient


class PrivyAccount(KeylessAccount):
    """An Ethereum wallet of Privy's as eth-account's other accounts: it signs, and has no key.

    What it returns are eth-account's own values, checked against what was to be signed. Errors
    are the SDK's: `PolicyViolationError`, `SigningError` and so on.
    """

    def __init__(
        self,
        privy: PrivyClient,
        wallet: Wallet,
        *,
        signature_options: SignatureOptions | None = None,
        chain_id: int | None = None,
    ) -> None:
        """Make an account; nothing is sent.

        Args:
            privy: Signs the requests: `privy.for_user(user_jwt)` for a user's wallet.
            wallet: As `privy.wallets.get` or `create` gives it.
            signature_options: `{"type": "erc1271"}` for signatures of messages and typed data that
                the wallet's smart contract account verifies (ERC-1271). They are as the contract
                wants them: of what is returned `signature` alone counts, and r, s and v are 0.
            chain_id: The chain of that contract, for what names none: typed data may.

        Raises:
            InvalidArgumentError: It is another client, or not an Ethereum wallet.
        """
        if not isinstance(privy, PrivyClient):
            raise InvalidArgumentError("privy", "expected a client of privy_sync")
        super().__init__(wallet, signature_options, chain_id)
        self._ethereum = privy.wallets.ethereum
