"""Parsers of foreign bytes: nothing but documented errors leaves them, whatever they get."""

import os
import random
import subprocess
import sys

import pytest
from places import ROOT

from fuzz.grammar import Source
from fuzz.targets import TARGETS, Target
from privy_async.sandbox.requests.http_messages import HttpResponse

QUICK = 150


@pytest.mark.parametrize("name", TARGETS)
def test_some_inputs_of_a_grammar(name: str) -> None:
    """Each parser takes or refuses what is nearly right."""
    chance = random.Random(name)
    for _ in range(QUICK):
        TARGETS[name].try_bytes(chance.randbytes(chance.choice((0, 5, 30, 100, 300))))


# The others make next to nothing without choices.
RIGHT = set(TARGETS) - {"the sandbox's requests", "wallets' keys", "typed data", "key sets"}


@pytest.mark.parametrize("name", sorted(RIGHT))
def test_the_first_choices_are_taken(name: str) -> None:
    """The grammar without any oddity is right: what it makes is parsed."""
    TARGETS[name].parse(Source(b""))


def test_an_undocumented_error_is_seen() -> None:
    """A target lets out what it does not know."""
    with pytest.raises(ZeroDivisionError):
        Target(lambda source: 1 // source.byte()).try_bytes(b"")


def test_half_a_surrogate_pair_is_written_as_an_escape() -> None:
    """The sandbox quotes what it was asked, even what has no UTF-8."""
    assert HttpResponse.json({"error": "\ud800é"}).body == b'{"error":"\\ud800\xc3\xa9"}'


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_minute_of_it() -> None:
    """All parsers for a minute together, guided by coverage where atheris is installed."""
    seconds = max(1, 60 // len(TARGETS))
    ran = subprocess.run(
        [sys.executable, "-m", "fuzz", "--seconds", str(seconds)],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
