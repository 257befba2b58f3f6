"""The way to every resource, each loaded when it is first used."""

from typing import TYPE_CHECKING

from privy_async.resources.resource import Resource, cached_property

if TYPE_CHECKING:
    from privy_async.resources.apps.apps import Apps
    from privy_async.resources.apps.device_verification import DeviceVerification
    from privy_async.resources.apps.organizations import Organizations
    from privy_async.resources.controls.aggregations import Aggregations
    from privy_async.resources.controls.condition_sets import ConditionSets
    from privy_async.resources.controls.intents import Intents
    from privy_async.resources.controls.key_quorums import KeyQuorums
    from privy_async.resources.controls.policies import Policies
    from privy_async.resources.kraken.embed import KrakenEmbed
    from privy_async.resources.money.automations import WalletAutomations
    from privy_async.resources.money.transactions import Transactions
    from privy_async.resources.users.users import Users
    from privy_async.resources.wallets.accounts import Accounts
    from privy_async.resources.wallets.custodial import CustodialWallets
    from privy_async.resources.wallets.wallets import Wallets


class Resources(Resource):
    """All of the API that has a name of its own."""

    @cached_property
    def wallets(self) -> "Wallets":
        """Wallets, and what they sign and send."""
        from privy_async.resources.wallets.wallets import Wallets

        return Wallets(self._requester)

    @cached_property
    def users(self) -> "Users":
        """Users of the app."""
        from privy_async.resources.users.users import Users

        return Users(self._requester)

    @cached_property
    def key_quorums(self) -> "KeyQuorums":
        """Key quorums: owners and signers."""
        from privy_async.resources.controls.key_quorums import KeyQuorums

        return KeyQuorums(self._requester)

    @cached_property
    def policies(self) -> "Policies":
        """Policies: what wallets and signers may do."""
        from privy_async.resources.controls.policies import Policies

        return Policies(self._requester)

    @cached_property
    def condition_sets(self) -> "ConditionSets":
        """Lists of values that policies refer to."""
        from privy_async.resources.controls.condition_sets import ConditionSets

        return ConditionSets(self._requester)

    @cached_property
    def aggregations(self) -> "Aggregations":
        """Running totals that policies refer to."""
        from privy_async.resources.controls.aggregations import Aggregations

        return Aggregations(self._requester)

    @cached_property
    def intents(self) -> "Intents":
        """Requests that wait for people to authorize them."""
        from privy_async.resources.controls.intents import Intents

        return Intents(self._requester)

    @cached_property
    def transactions(self) -> "Transactions":
        """Transactions that were sent, and what became of them."""
        from privy_async.resources.money.transactions import Transactions

        return Transactions(self._requester)

    @cached_property
    def organizations(self) -> "Organizations":
        """Organizations and their verification."""
        from privy_async.resources.apps.organizations import Organizations

        return Organizations(self._requester)

    @cached_property
    def accounts(self) -> "Accounts":
        """Accounts that group wallets."""
        from privy_async.resources.wallets.accounts import Accounts

        return Accounts(self._requester)

    @cached_property
    def apps(self) -> "Apps":
        """The app itself and its allowlist."""
        from privy_async.resources.apps.apps import Apps

        return Apps(self._requester)

    @cached_property
    def device_verification(self) -> "DeviceVerification":
        """Verification of devices that log in."""
        from privy_async.resources.apps.device_verification import DeviceVerification

        return DeviceVerification(self._requester)

    @cached_property
    def wallet_automations(self) -> "WalletAutomations":
        """Automations: what wallets do by themselves."""
        from privy_async.resources.money.automations import WalletAutomations

        return WalletAutomations(self._requester)

    @cached_property
    def custodial_wallets(self) -> "CustodialWallets":
        """Wallets that a custodian keeps."""
        from privy_async.resources.wallets.custodial import CustodialWallets

        return CustodialWallets(self._requester)

    @cached_property
    def kraken_embed(self) -> "KrakenEmbed":
        """Kraken accounts of users."""
        from privy_async.resources.kraken.embed import KrakenEmbed

        return KrakenEmbed(self._requester)
