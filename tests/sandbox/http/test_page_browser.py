"""The page in a real browser: what a person sees, and that nothing in it goes wrong."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from api_client import ApiClient, new_key, sign, spki
from browser import CHROMIUM, Tab, browser_tab

from privy_async.sandbox import Sandbox

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.slow,
    pytest.mark.timeout(120),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]

EVIL = "<script>document.title = 'taken over'</script><img src=x onerror='document.title=1'>"
SEEN = "document.querySelector('main').innerText"


@pytest.fixture
async def tab(anyio_backend: str, tmp_path: Path) -> AsyncIterator[Tab]:
    """An empty tab."""
    async with browser_tab(tmp_path) as tab:
        yield tab


async def refused(api: ApiClient) -> None:
    """Have a signature for the real API refused."""
    key = new_key()
    wallet = await api.create_wallet(owner={"public_key": spki(key)}, display_name=EVIL)
    path = f"/v1/wallets/{wallet['id']}/rpc"
    payload = {**api.payload("POST", path, {}), "url": "https://api.privy.io" + path}
    reply = await api.send_signed("POST", path, b"{}", sign(key, payload))
    assert reply.status == 401


async def test_a_person_sees_what_happened(sandbox: Sandbox, api: ApiClient, tab: Tab) -> None:
    """Users, a wallet and a refused signature are seen; the payload is unfolded by a click."""
    user_id = await api.create_user("alice")
    await refused(api)
    await tab.open(api.url)
    seen = await tab.value(SEEN)
    assert seen.split("\n\n")[:3] == ["Privy sandbox", "app sandbox-app", f"at {api.url}"]
    for text in (user_id, "alice", EVIL, "over another URL: https://api.privy.io/v1/"):
        assert text in seen
    assert "signed instead" not in seen
    await tab.value("document.querySelector('.cause summary').click()")
    await tab.until(f"{SEEN}.includes('signed instead')")
    assert await tab.value("document.title") == "Privy sandbox: sandbox-app"
    assert tab.complaints == []


async def test_it_keeps_up_by_itself(sandbox: Sandbox, api: ApiClient, tab: Tab) -> None:
    """What happens while it is open appears, and what was unfolded stays so."""
    await refused(api)
    await tab.open(api.url)
    await tab.value("document.querySelector('.cause summary').click()")
    user_id = await api.create_user("bob")
    await tab.until(f"{SEEN}.includes({user_id!r})")
    assert await tab.value("document.querySelector('.cause details').open")
    assert await tab.value("document.querySelector('[data-gone]')") is None
    assert tab.complaints == []
    await sandbox.stop()
    await tab.until("'gone' in document.body.dataset")
    assert "The sandbox does not answer any more." in await tab.value(SEEN)


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True])
async def test_it_fits(api: ApiClient, tab: Tab, width: int, dark: bool) -> None:
    """Nothing sticks out, and texts stand out from their background, in either scheme."""
    await refused(api)
    await tab.open(api.url)
    await tab.resize(width, 900, dark=dark)
    await tab.value("document.querySelector('.cause summary').click()")
    assert await tab.value("document.documentElement.scrollWidth") <= width
    red, green, blue = await tab.value(
        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    )
    assert (red + green + blue < 150) == dark
    picture = await tab.screenshot()
    assert picture.startswith(b"\x89PNG")
    assert tab.complaints == []
