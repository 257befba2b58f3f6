"""Figures as a picture: bars in SVG, readable on light and on dark pages."""

from collections.abc import Iterator
from html import escape
from itertools import chain
from typing import Final

from benchmarks.figures import Picture, number

_WIDTH: Final = 760
_NAMES: Final = 250
_LONGEST: Final = 400
_LINE: Final = 24
_GAP: Final = 44
_KINDS: Final = {
    "ours": "this SDK",
    "limit": "written by hand for one call",
    "other": "official SDKs",
}
_STYLE: Final = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.note { fill: #59636e }
.ours { fill: #0a7d5c } .limit { fill: #8c959f } .other { fill: #b8c4d0 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .note { fill: #9198a1 }
.ours { fill: #2bb98d } .limit { fill: #7d8590 } .other { fill: #4a5563 }
}"""


def draw(picture: Picture) -> str:
    """The picture in SVG."""
    names = {name for group in picture.groups for name, _ in group.values}
    drawn, top = [_text(0, 16, picture.title, "title"), *_legend(40, set(map(_kind, names)))], 40
    highest = max(value for group in picture.groups for _, value in group.values)
    for group in picture.groups:
        top += _GAP
        drawn.append(_text(0, top - 12, group.title, "note"))
        longest = highest if picture.one_scale else max(value for _, value in group.values)
        for name, value in group.values:
            drawn += _bar(top, name, value, value / longest)
            top += _LINE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-12 -8 {_WIDTH + 24} {top + 20}" '
        f'width="{_WIDTH + 24}" height="{top + 20}" role="img">\n'
        f"<title>{escape(picture.title)}</title>\n<style>\n{_STYLE}\n</style>\n"
        + "\n".join(chain(drawn, ["</svg>\n"]))
    )


def _legend(top: int, kinds: set[str]) -> Iterator[str]:
    left = 0.0
    for kind, text in ((kind, text) for kind, text in _KINDS.items() if kind in kinds):
        yield f'<rect class="{kind}" x="{left:.1f}" y="{top - 11}" width="12" height="12"/>'
        yield _text(left + 18, top, text, "note")
        left += 44 + 7 * len(text)


def _kind(name: str) -> str:
    return (
        "limit" if name.startswith("by hand") else "ours" if name.startswith("privy_") else "other"
    )


def _bar(top: int, name: str, value: float, share: float) -> list[str]:
    kind, length = _kind(name), max(1.0, _LONGEST * share)
    return [
        _text(0, top + 13, name),
        f'<rect class="{kind}" x="{_NAMES}" y="{top + 1}" width="{length:.1f}" height="16"/>',
        _text(_NAMES + length + 8, top + 13, number(value)),
    ]


def _text(left: float, top: float, text: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{left:.1f}" y="{top}">{escape(text)}</text>'
