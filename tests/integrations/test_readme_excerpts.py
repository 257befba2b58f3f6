"""The READMEs' excerpts of the example apps are the apps' own lines, in their order."""

import re

import pytest
from places import ROOT

READMES = sorted((ROOT / "privy_async").rglob("*.md"))
EXCERPTS = [
    excerpt
    for readme in READMES
    for excerpt in re.findall(
        r"```python\n# from (tests/apps/\S+)\n(.*?)```", readme.read_text(), re.DOTALL
    )
]
APPS = (
    "fastapi_app",
    "aiohttp_app",
    "django_app",
    "workers",
    "django_payments",
    "fastapi_payments",
)


@pytest.mark.parametrize(("source", "excerpt"), EXCERPTS, ids=[name for name, _ in EXCERPTS])
def test_excerpts_are_the_apps_lines(source: str, excerpt: str) -> None:
    """Each line of an excerpt stands in the app, after the one before it."""
    lines = iter((ROOT / source).read_text().splitlines())
    missing = [line for line in excerpt.splitlines() if line and line not in lines]
    assert missing == []


@pytest.mark.parametrize("app", APPS)
def test_each_app_is_shown(app: str) -> None:
    """A reader finds each framework."""
    assert [source for source, _ in EXCERPTS if f"/{app}/" in source]
