"""Second factors, freezes and the denylist outlive the process."""

from pathlib import Path

import pytest
from authenticator import Authenticator, as_privy_spells
from mfa_helpers import NUMBER, ORIGIN, Acting
from state_file_helpers import as_if_killed, started

pytestmark = pytest.mark.anyio


async def test_second_factors_are_there_again(tmp_path: Path) -> None:
    """What was enrolled, what was begun, MFA tokens and the keys that record them."""
    passkey = Authenticator()
    party = {"relying_party": ORIGIN}
    async with started(tmp_path / "state.db") as api:
        alice = await Acting.made(api)
        wallet = await api.create_wallet(owner={"user_id": alice.user_id})
        token = await alice.enroll_sms()
        totp = (await alice.step("totp/enrollment/init")).body["totp_secret"]
        options = (await alice.step("passkey/enrollment/init", party)).body["options"]
        made = {"credential": as_privy_spells(passkey.create(options))}
        assert (await alice.step("passkey/enrollment/verify", made)).status == 200
        await alice.step("sms/verification/init")
        key = await alice.key(token)
        copy = as_if_killed(tmp_path / "state.db")
    async with started(copy) as api:
        again = Acting(api, alice.user_id, alice.token)
        assert [each["type"] for each in await again.methods()] == ["sms", "passkey"]
        code = {"code": api.sandbox.mfa.sms_code(NUMBER)}
        assert (await again.step("sms/verification/verify", code)).status == 200
        code = {"code": api.sandbox.mfa.totp_code(totp)}
        assert (await again.step("totp/enrollment/verify", code)).status == 200
        options = (await again.step("passkey/verification/init", party)).body["options"]
        signed = {"credential": as_privy_spells(passkey.get(options))}
        assert (await again.step("passkey/verification/verify", signed)).status == 200
        assert (await again.exchange(token)).status == 200
        assert (await api.personal_sign(wallet["id"], key)).status == 200


async def test_who_is_kept_out_stays_out(tmp_path: Path) -> None:
    """A freeze, and an entry of the denylist."""
    async with started(tmp_path / "state.db") as api:
        alice = await Acting.made(api)
        await api.create_wallet(owner={"user_id": alice.user_id})
        await api.call("POST", f"/v1/users/{alice.user_id}/freeze", {})
        entry = {"type": "email", "value": "bob@example.com"}
        path = f"/v1/apps/{api.sandbox.app_id}/denylist"
        made = (await api.call("POST", path, entry)).body
    async with started(tmp_path / "state.db") as api:
        again = Acting(api, alice.user_id, alice.token)
        assert (await again.exchange()).status == 403
        assert (await api.call("POST", path, entry)).body == made
