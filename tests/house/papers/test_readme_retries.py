"""README's table of errors and retries says what the code does, for every status there is."""

import re

import pytest
from kinds_of_calls import KEYED, PLAIN, READ
from places import ROOT

from privy_async.sending.outcome import NoResponse, Outcome, RawResponse, make_error
from privy_async.sending.retry import IN_FLIGHT_LIMIT, may_have_happened, retry_delay

SECTION = (ROOT / "README.md").read_text().split("## Errors and retries")[1].split("\n## ")[0]
ROWS = {
    cells[0]: cells[1:]
    for cells in (
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in SECTION.splitlines()
        if line.startswith("| ")
    )
}


def row_of(status: int) -> str:
    """Return the row that a reader finds for a status: the one that names it, or the rest."""
    for name in ROWS:
        if str(status) in re.findall(r"\d{3}", name) and "in progress" not in name:
            return name
    rest = {3: "other 3xx", 4: "other 4xx; 301, 302, 307, 308", 5: "5xx"}
    return rest[status // 100]


CASES: list[tuple[str, Outcome]] = [
    ("not connected", NoResponse("x", sent=False)),
    ("no answer", NoResponse("x", sent=True)),
    ('409 that says "in progress"', RawResponse(409, {}, b'{"error":"still in progress"}')),
    *((row_of(status), RawResponse(status, {}, b"")) for status in range(300, 600)),
]


@pytest.mark.parametrize("name", sorted({name for name, _ in CASES}))
def test_the_table(name: str) -> None:
    """The class of the error, whether it is sent again, and whether it may have happened."""
    for outcome in [outcome for row, outcome in CASES if row == name]:
        check(name, outcome)


def check(name: str, outcome: Outcome) -> None:
    kind, keyed, other = ROWS[name]
    other = keyed if other == "the same" else other
    for call, cell in ((READ, keyed), (KEYED, keyed), (PLAIN, other)):
        delay = retry_delay(call, outcome, retry=0, max_retries=2, jitter=0.0)
        assert cell.startswith("sent again" if delay is not None else "error")
    for call, cell in ((KEYED, keyed), (PLAIN, other)):
        if cell.startswith("error"):
            assert ("`may_have_happened`" in cell) is may_have_happened(call, [outcome])
    error = make_error(READ, outcome, may_have_happened=False)
    assert f"`{type(error).__name__}`" == kind.split()[0]


@pytest.mark.parametrize("sent", [True, False])
def test_out_of_time(sent: bool) -> None:
    """A time-out goes by the rows of what was not connected, or not answered."""
    late, lost = (NoResponse("x", sent=sent, timed_out=timed_out) for timed_out in (True, False))
    for call in (READ, KEYED, PLAIN):
        options = {"retry": 0, "max_retries": 2, "jitter": 0.0}
        assert retry_delay(call, late, **options) == retry_delay(call, lost, **options)  # type: ignore[arg-type]
        assert may_have_happened(call, [late]) == may_have_happened(call, [lost])
    [row] = [row for name, row in ROWS.items() if "in time" in name]
    assert row == [
        f"`{type(make_error(READ, late, may_have_happened=False)).__name__}`",
        "as above",
        "as above",
    ]


def test_the_figures() -> None:
    """How often, and for how long."""
    first = retry_delay(READ, RawResponse(500, {}, b""), retry=0, max_retries=2, jitter=0.0)
    assert f"of\n{first} s that doubles" in SECTION
    assert f"up to {IN_FLIGHT_LIMIT} times" in ROWS['409 that says "in progress"'][1]
