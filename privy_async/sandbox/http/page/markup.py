"""HTML from Python: whatever is not markup already is escaped."""

from collections.abc import Iterable
from html import escape


class Html(str):
    """Text that is markup."""

    __slots__ = ()


def element(name: str, *children: object, **attributes: object) -> Html:
    """An element. Of an attribute's name a `_` at the end is dropped; None leaves it out."""
    written = "".join(
        f' {key.removesuffix("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(children: Iterable[object]) -> Html:
    """Markup and texts, one after another; None is nothing."""
    return Html(
        "".join(
            child if isinstance(child, Html) else escape(str(child))
            for child in children
            if child is not None
        )
    )


def div(class_: str, *children: object) -> Html:
    """A block of a class."""
    return element("div", *children, class_=class_)


def span(class_: str, *children: object) -> Html:
    """A piece of text of a class."""
    return element("span", *children, class_=class_)


def chip(text: object, tone: str = "plain") -> Html:
    """A short mark; the tone is "good", "bad", "busy" or "plain"."""
    return span(f"chip {tone}", text)


def code(text: object) -> Html:
    """An id, an address or a URL, which is cut off where it is too long and shown when asked."""
    return element("code", text, title=text)


def section(id: str, title: str, rows: Iterable[Html], *, count: int, empty: str) -> Html:
    """A list with a heading, and a word about what is not shown.

    Args:
        rows: What is shown.
        count: How many there are.
    """
    shown = list(rows)
    hidden = count - len(shown)
    more = div("more", f"and {hidden:,} more") if hidden > 0 else None
    return element(
        "section",
        element("h2", title, " ", span("count", f"{count:,}")),
        div("rows", *shown, more) if shown else div("empty", empty),
        id=id,
    )
