"""More than forty ways to be refused: each says what, why and the next step, wherever one looks.

In the exception, in pytest's report, on the sandbox's page, in the web app's log.
"""

import html

import aiohttp
import places
import pytest
from refusals.money import MONEY
from refusals.others import OTHERS
from refusals.signatures import SIGNATURES
from refusals.tokens import TOKENS
from refusals.world import Refused, World, error_of, world_of

from privy_async.integrations._errors import error_response

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.anyio
ALL = [*TOKENS, *SIGNATURES, *MONEY, *OTHERS]
# A line of an error says one thing, or two.
LONGEST_HINT = 330
MANY = 40
HELPERS = tuple(places.TESTS / "helpers" / each for each in ("", "sandbox", "servers"))


def test_there_are_many() -> None:
    """They are of all kinds, and each is there once."""
    assert len({case.name for case in ALL}) == len(ALL) >= MANY


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.name)
async def test_refused(case: Refused, caplog: pytest.LogCaptureFixture) -> None:
    """It has two lines at most, with what is to be said of it, and the sandbox knows the cause."""
    async with world_of(case) as world:
        error = await error_of(case, world)
        page = await page_of(world)
    assert type(error) is case.kind, error
    first, *rest = str(error).splitlines()
    assert case.says in first
    assert len(rest) == (1 if case.why else 0), error
    assert case.why in "".join(rest)
    assert len("".join(rest)) <= LONGEST_HINT
    known = [each.diagnosis.explanation for each in world.sandbox.log if each.diagnosis]
    assert bool(known) == bool(case.diagnosis), known
    if case.diagnosis:
        assert case.diagnosis in known[-1]
        assert len(known[-1]) <= LONGEST_HINT
        assert html.escape(known[-1]) in page
    check_log(case, error, caplog)


async def page_of(world: World) -> str:
    """The sandbox's page in a browser."""
    async with (
        aiohttp.ClientSession(headers={"Accept": "text/html"}) as session,
        session.get(world.sandbox.base_url) as response,
    ):
        return await response.text()


def check_log(case: Refused, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """A web app logs both lines of it as one warning, and its user sees neither."""
    caplog.clear()
    answer = error_response(error)  # type: ignore[arg-type]
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert all(line in record.getMessage() for line in str(error).splitlines())
    assert case.says not in str(answer.body)


REPORTED = """
import pytest
from refusals.money import MONEY
from refusals.others import OTHERS
from refusals.signatures import SIGNATURES
from refusals.tokens import TOKENS
from refusals.world import World

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def privy_sandbox(case):
    from privy_async.sandbox import Sandbox
    with Sandbox(**case.settings) as sandbox:
        yield sandbox


@pytest.mark.parametrize("case", [*TOKENS, *SIGNATURES, *MONEY, *OTHERS], ids=lambda c: c.name)
async def test_refused(case, privy_sandbox):
    async with privy_sandbox.client(max_retries=0) as privy:
        await case.provoke(World(privy_sandbox, privy))
"""


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_reported(pytester: pytest.Pytester) -> None:
    """pytest's report has the sentences, and the sandbox's; and none of the SDK's frames."""
    pytester.makepyfile(REPORTED)
    paths = "pythonpath=" + " ".join(f"{path}" for path in HELPERS)
    result = pytester.runpytest_subprocess("-o", paths, "-p", "no:cacheprovider", timeout=200)
    result.assert_outcomes(failed=len(ALL))
    report = result.stdout.str()
    assert "privy_async/sending" not in report
    parts = report.split("________ test_refused[")[1:]
    assert len(parts) == len(ALL)
    for case, part in zip(ALL, parts, strict=True):
        assert part.startswith(case.name)
        assert case.says in part
        assert case.why in part
        assert case.diagnosis in part.partition("Privy sandbox: last requests")[2]
