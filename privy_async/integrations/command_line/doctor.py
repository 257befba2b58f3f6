"""`privy-async doctor`: each check after the other, up to the one that the rest depends on."""

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Final

import attrs

from privy_async.client import PrivyClient
from privy_async.clock import Clock
from privy_async.errors import (
    APIConnectionError,
    APIError,
    APIStatusError,
    AuthenticationError,
    InvalidArgumentError,
    NotFoundError,
    PrivyError,
)
from privy_async.integrations.command_line.findings import Finding, bad, good, skipped
from privy_async.integrations.command_line.network import check_network
from privy_async.integrations.command_line.user import check_exchange, check_token, check_wallet
from privy_async.sending.observing import record_responses
from privy_async.sending.settings import DEFAULT_BASE_URL
from privy_async.user_keys.token_hint import span

# A signed request is good for 15 minutes, and a key is renewed a minute before it expires.
_LARGEST_SKEW: Final = 60.0
_DASHBOARD: Final = "https://dashboard.privy.io"


@attrs.frozen(kw_only=True)
class Patient:
    """The things to look at.

    Attributes:
        environment: The variables of the process.
        base_url: Instead of that in the environment.
        user_jwt: A user's token, if one is to be looked at.
        wallet_id: A wallet, likewise.
        timeout: Seconds for each step.
        clock: The machine's, or a test's.
    """

    environment: Mapping[str, str] = attrs.field(repr=False)
    base_url: str | None = None
    user_jwt: str | None = attrs.field(default=None, repr=False)
    wallet_id: str | None = None
    timeout: float = 10.0
    clock: Clock = attrs.field(factory=Clock)


async def examine(patient: Patient) -> list[Finding]:
    """Look at everything, in order. What cannot be looked at for want of the one before is left."""
    environment, client = _check_environment(patient)
    findings = [environment]
    base_url = _base_url(patient)
    if client is None:
        return findings
    async with client:
        findings.append(await check_network(base_url, patient.timeout))
        if findings[-1].ok:
            findings += await _check_app(client, patient)
        if findings[-1].ok:
            findings += await _check_user(client, patient)
    return findings


def _base_url(patient: Patient) -> str:
    return patient.base_url or patient.environment.get("PRIVY_API_BASE_URL") or DEFAULT_BASE_URL


def _check_environment(patient: Patient) -> tuple[Finding, PrivyClient | None]:
    app_id = patient.environment.get("PRIVY_APP_ID", "")
    app_secret = patient.environment.get("PRIVY_APP_SECRET", "")
    take = f"Take it from {_DASHBOARD}, and export it where the app runs."
    if not app_id:
        says = "PRIVY_APP_ID is not set"
        return bad("environment", "missing-app-id", says, take), None
    if not app_secret:
        says = "PRIVY_APP_SECRET is not set"
        return bad("environment", "missing-app-secret", says, take), None
    try:
        client = PrivyClient(
            app_id=app_id,
            app_secret=app_secret,
            base_url=_base_url(patient),
            timeout=patient.timeout,
            connect_timeout=patient.timeout,
            max_retries=0,
            clock=patient.clock,
        )
    except InvalidArgumentError as error:
        way_out = "Look for quotes, spaces or a line's end that came along when it was copied."
        return bad("environment", "bad-setting", str(error), way_out), None
    says = f"app id {app_id}, secret set ({len(app_secret)} characters), {_base_url(patient)}"
    if app_secret != app_secret.strip(" '\"") or app_id != app_id.strip(" '\""):
        way_out = "Remove the quotes and spaces around PRIVY_APP_ID and PRIVY_APP_SECRET."
        return bad("environment", "bad-setting", f"{says}, in quotes or spaces", way_out), None
    return good("environment", says), client


async def _check_app(client: PrivyClient, patient: Patient) -> list[Finding]:
    """Return what one harmless read tells of the clock and of the credentials."""
    before = patient.clock.now()
    with record_responses() as responses:
        try:
            await client.wallets.list(limit=1).first_page()
            credentials = good("credentials", "Privy takes the app's id and secret")
        except AuthenticationError as error:
            credentials = await _refused_app(client, patient, error)
        except APIConnectionError as error:
            way_out = (
                "Try again; if it stays so, look at what stands between: a proxy, a firewall, "
                "something that inspects TLS."
            )
            return [bad("network", "no-answer", _first_line(error), way_out)]
        except APIError as error:
            way_out = "Is PRIVY_API_BASE_URL the address of Privy's API, or of a sandbox?"
            credentials = bad("credentials", "refused", _first_line(error), way_out)
    date = responses[0].headers.get("date") if responses else None
    return [_check_clock(date, before, patient.clock.now()), credentials]


def _check_clock(date: str | None, before: float, after: float) -> Finding:
    """Compare this machine's clock with the answer's Date, which is to the second."""
    try:
        theirs = parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return skipped("clock", "Privy's answer has no Date to compare with")
    skew = before - theirs - 1 if before > theirs + 1 else min(0.0, after - theirs)
    if abs(skew) <= _LARGEST_SKEW:
        return good("clock", f"within {max(1, round(abs(skew)))} s of Privy's")
    side = "ahead of" if skew > 0 else "behind"
    return bad(
        "clock",
        "clock-skew",
        f"this machine's clock is {span(abs(skew))} {side} Privy's: requests count as expired, "
        "or users' keys seem to be",
        "Set the clock by NTP (on Linux: timedatectl set-ntp true); in a virtual machine, on the "
        "host.",
    )


async def _refused_app(
    client: PrivyClient, patient: Patient, error: AuthenticationError
) -> Finding:
    """Tell a wrong secret from an unknown app: an app's public keys are there for everyone."""
    app_id = patient.environment["PRIVY_APP_ID"]
    try:
        await client.request("GET", f"/v1/apps/{app_id}/jwks.json")
    except NotFoundError:
        known = False
    except PrivyError:
        known = error.code != "missing_or_invalid_privy_app_id"
    else:
        known = True
    if not known:
        return bad(
            "credentials",
            "unknown-app",
            f"Privy has no app {app_id}",
            f"Copy the app's id anew from {_DASHBOARD}; is it one of another environment?",
        )
    return bad(
        "credentials",
        "wrong-secret",
        f"Privy has the app {app_id}, and refuses its secret ({error.status}: {error.message})",
        f"Copy the secret anew from {_DASHBOARD}, or make a new one there; the old one may have "
        "been rotated.",
    )


async def _check_user(client: PrivyClient, patient: Patient) -> list[Finding]:
    if patient.user_jwt is None:
        said = "give --user-jwt to look into a user's token"
        findings = [skipped("token", said)]
        if patient.wallet_id is not None:
            findings.append(await check_wallet(client, patient.wallet_id, None))
        return findings
    app_id = patient.environment["PRIVY_APP_ID"]
    token = check_token(patient.user_jwt, app_id, patient.clock.now())
    exchange, signer = await check_exchange(client, patient.user_jwt, patient.clock.now())
    if token.ok is False and exchange.cause == "token-refused":
        # The Dashboard is not to blame for what is wrong with the token itself.
        exchange = attrs.evolve(
            exchange, way_out="That is what the line above says: mend it first."
        )
    findings = [token, exchange]
    if patient.wallet_id is not None:
        findings.append(await check_wallet(client, patient.wallet_id, signer))
    return findings


def _first_line(error: PrivyError) -> str:
    said = f"{error.status}: {error.message}" if isinstance(error, APIStatusError) else str(error)
    return said.partition("\n")[0]
