"""Two hundred tests with a set-up of their own, and with one that they share; timed, not judged.

`pytest -s tests/sandbox/tools/test_shared_setup.py` prints how long they took.
"""

import re
import resource

import attrs
import pytest

pytest_plugins = ["pytester"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TESTS = 200
# A set-up and a test of the same work: so the set-up is half of what they do.
SOURCE = """
import pytest

calls = []

def work(privy, count):
    wallets = [privy.wallets.create(chain_type="ethereum").id for _ in range(count)]
    for wallet in wallets[:SENDS]:
        privy.wallets.ethereum.send_transaction(
            wallet, {"to": "0x" + "5a" * 20, "value": 1}, caip2="eip155:8453"
        )
    return wallets

def shop(sandbox):
    calls.append(sandbox)
    with sandbox.sync_client() as privy:
        return work(privy, COUNT)

@pytest.fixture
def own(privy_sandbox):
    return shop(privy_sandbox)

@pytest.mark.parametrize("number", range(TESTS))
MARK
def test_sells(number, privy_sandbox, SETUP, privy_sync_client):
    assert len(privy_sandbox.state.wallets) == len(SETUP) == COUNT
    work(privy_sync_client, COUNT)

def test_how_often():
    assert len(calls) == CALLS
"""
PHASES = ("setup", "call", "teardown")
DURATION = re.compile(r"^([\d.]+)s (setup|call|teardown) ", re.MULTILINE)


@attrs.frozen
class Kind:
    """One kind of set-up: so many wallets, some of which send."""

    wallets: int
    sends: int


KINDS = {"without chains": Kind(5, 0), "with a chain": Kind(2, 2)}


@pytest.mark.parametrize("name", KINDS)
def test_a_shared_set_up_is_done_once(
    pytester: pytest.Pytester, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each of the tests finds it as it was, whatever the others have done."""
    kind = KINDS[name]
    start = seconds(pytester, kind, shared=False, tests=1)
    own, shared = (seconds(pytester, kind, shared=each) for each in (False, True))
    more = (own.cpu - start.cpu) / (shared.cpu - start.cpu)
    with capsys.disabled():
        print(  # noqa: T201 - what it measures is for reading
            f"\n{TESTS} tests {name}, seconds of CPU: {own.cpu:.1f} with a set-up each,"
            f" {own.share:.0%} of the time before and after the tests; {shared.cpu:.1f} with a"
            f" shared one: {own.cpu / shared.cpu:.2f} times as fast, {more:.2f} times without"
            f" pytest's start, which takes {start.cpu:.1f}"
        )


@attrs.frozen
class Taken:
    """The seconds of CPU that a run of pytest takes, and the part that is no test's own work."""

    cpu: float
    share: float


def seconds(pytester: pytest.Pytester, kind: Kind, *, shared: bool, tests: int = TESTS) -> Taken:
    """Run the tests one way or the other."""
    options = "setup=shop" if shared else f"real_chains={bool(kind.sends)}"
    if shared and not kind.sends:
        options += ", real_chains=False"
    words = {
        "TESTS": tests,
        "COUNT": kind.wallets,
        "SENDS": kind.sends,
        "MARK": f"@pytest.mark.privy_sandbox({options})",
        "SETUP": "privy_setup" if shared else "own",
        "CALLS": 1 if shared else tests,
    }
    source = re.sub(r"\b[A-Z]{4,}\b", lambda word: str(words[word[0]]), SOURCE)
    pytester.makepyfile(**{f"test_{'shared' if shared else 'own'}": source})
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = pytester.runpytest_subprocess(
        f"test_{'shared' if shared else 'own'}.py",
        *("-p", "no:cacheprovider", "--durations=0", "--durations-min=0"),
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result.assert_outcomes(passed=tests + 1)
    phases = DURATION.findall(result.stdout.str())
    spent = {each: sum(float(took) for took, phase in phases if phase == each) for each in PHASES}
    return Taken(cpu, 1 - spent["call"] / sum(spent.values()))
