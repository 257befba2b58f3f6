"""The results as Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.explanations import ON_AIOHTTP, TEXTS
from benchmarks.figures import Row, Section, Table, spread_text

_HEAD = """\
Written by `make bench`; nothing here is edited by hand. Contenders stay warm and take turns on one
core, a server with canned answers runs on another. Each figure is the median over the rounds, with
its quartiles; a ratio is the median of the rounds' own ratios, so that what disturbs the machine
for a while falls on both sides. Ratios are of rates (more is better) unless they are called "times
its time" (less is better). Absolute figures say as much about this machine as about the libraries.
"""
_LIMIT_NOTE = """\
"By hand" is what a call written by hand on aiohttp for this one purpose reaches in our place. "CPU
time" is the same ratio of the CPU time of a call, which other work on the machine disturbs less; it
leaves out what a call waits for the server and the kernel.
"""


def markdown(
    sections: Sequence[Section], machine: Mapping[str, str], missing: Mapping[str, str]
) -> str:
    """All of it."""
    rows = [row for section in sections for row in section.rows]
    facts = [f"- {name}: {value}" for name, value in machine.items()]
    facts += [f"- not measured: {who}, since {reason}" for who, reason in missing.items()]
    leading = [
        _picture(section) for section in sections if section.picture and section.picture.leads
    ]
    blocks = ["# Results\n", *leading, _HEAD, "\n".join(facts) + "\n"]
    if rows:
        blocks += ["## Targets\n", _targets(rows), _LIMIT_NOTE]
    blocks += [_section(section) for section in sections]
    missed = [row for row in rows if not row.reached]
    if missed:
        blocks.append("## Targets that were not reached\n")
        if any(row.limit is not None for row in missed):
            blocks.append(f"{ON_AIOHTTP}\n")
        blocks += map(_explanation, missed)
    return "\n".join(blocks)


def _targets(rows: Iterable[Row]) -> str:
    head = ("what", "target", "measured", "by hand", "CPU time", "reached")
    return _table(Table(head, tuple(_target(row) for row in rows)))


def _target(row: Row) -> tuple[str, ...]:
    limit, cpu = ("" if each is None else spread_text(each) for each in (row.limit, row.cpu))
    return (
        row.what,
        str(row.target),
        spread_text(row.spread),
        limit,
        cpu,
        "yes" if row.reached else "no",
    )


def _section(section: Section) -> str:
    parts = [f"## {section.title}\n", f"{section.text}\n"]
    if section.picture and not section.picture.leads:
        parts.append(_picture(section))
    for table in section.tables:
        parts += [f"**{table.title}**\n"] if table.title else []
        parts.append(_table(table))
    return "\n".join(parts)


def _picture(section: Section) -> str:
    picture = section.picture
    return "" if picture is None else f"![{picture.title}]({picture.file})\n"


def _table(table: Table) -> str:
    lines = [table.head, ("---",) + ("---:",) * (len(table.head) - 1), *table.lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _explanation(row: Row) -> str:
    measured, target = row.spread.middle, row.target.value
    near = measured / target if row.target.at_least else target / measured
    limit = ""
    if row.limit is not None:
        reaches = "reaches it" if row.target.reached(row.limit) else "does not reach it either"
        limit = f" The call by hand on aiohttp, which knows this one call only, {reaches}."
    return (
        f"**{row.what}**: {spread_text(row.spread)}; {row.target} is wanted, so it is {near:.0%} "
        f"of the way.{limit} {TEXTS[row.key]}\n"
    )
