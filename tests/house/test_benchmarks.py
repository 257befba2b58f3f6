"""The benchmarks' pieces at work, for a moment each. How fast anything is, no test asserts."""

import asyncio
import socket
import sys
from base64 import b64decode
from xml.etree import ElementTree

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.hashes import SHA256

from benchmarks import samples
from benchmarks.contenders import by_hand, ours_pieces
from benchmarks.contenders.sampling import owner
from benchmarks.contest import Entry, Pace, contest, running
from benchmarks.explanations import TEXTS
from benchmarks.figures import Bars, Measured, Picture, Rounds, Row, Section, Spread, Table, Target
from benchmarks.networks.arena import arena
from benchmarks.parts import calls, networks, pieces
from benchmarks.picture import draw
from benchmarks.report import markdown
from privy_async import AuthorizationKey, PrivyClient
from privy_async.sending import transport
from privy_async.sending.outcome import RawResponse
from privy_async.signing.authorization import canonical_payload

URL = "http://127.0.0.1:1"
MOMENT = Pace(rounds=3, seconds=0.02)
SIGNED = ("privy-app-id", "privy-idempotency-key", "privy-request-expiry")


@pytest.mark.parametrize("contender", ["ours_async", "ours_sync", "limit", "sockets"])
def test_a_contender_works_by_turns(contender: str) -> None:
    """Each does calls in each round, and says how many."""
    with contest(MOMENT) as opened:
        found = opened.run([Entry("it", contender, at_once=8)])
    assert [turn.calls > 0 for turn in found["it"].turns] == [True] * 3


@pytest.mark.slow
def test_users_and_bulk_work() -> None:
    """Exchanges, waiting calls and wallets in bulk do what is counted."""
    works = [("ours_users", "exchange"), ("ours_users", "first call"), ("ours_users", "cached")]
    with contest(MOMENT) as opened:
        found = opened.run(
            [
                *(Entry(work, contender, work) for contender, work in works),
                Entry("wait", "ours_users", "1000 wait", calls=1000),
                Entry("bulk", "ours_bulk", "call_each", calls=samples.BULK),
                Entry("sync signers", "ours_signers", "sync", at_once=8),
                Entry("async signers", "ours_signers", "async", at_once=8),
            ]
        )
    assert found["wait"].turns[0].calls % 1000 == 0
    assert all(turn.calls > 0 for rounds in found.values() for turn in rounds.turns)


def test_a_profile_says_where_the_time_goes() -> None:
    """Most packages of a call are found in samples of it."""
    with contest(MOMENT) as opened:
        samples_found = opened.turn(Entry("it", "ours_async", at_once=8), 0.5, profile=True).samples
    assert {"aiohttp", "asyncio"} <= set(samples_found)


@pytest.mark.parametrize(
    ("function", "package"),
    [
        (AuthorizationKey.sign, "OpenSSL: signing"),
        (PrivyClient.close, "privy_async"),
        (RawResponse.__init__, "privy_async"),
        (asyncio.run, "asyncio"),
        (by_hand.read, "by hand"),
        (socket.create_connection, "standard library"),
    ],
)
def test_functions_belong_to_packages(function: object, package: str) -> None:
    """A function counts for the package of its file, a signature for OpenSSL."""
    assert owner(function.__code__) == package  # type: ignore[attr-defined]


def test_the_limit_sends_what_this_sdk_sends() -> None:
    """The same address, body and header names, with a signature that holds."""
    key = AuthorizationKey.generate()
    privy = PrivyClient(
        app_id=samples.APP_ID,
        app_secret=samples.APP_SECRET,
        base_url=URL,
        authorization_key=key,
    )
    _, url, ours, our_body = ours_pieces.prepare(privy._requester)
    address, theirs, body = by_hand.preparing(URL, key.to_base64())(
        samples.WALLET_ID, samples.MESSAGE
    )
    assert (address, body) == (url, our_body)
    # The session adds what is the same for all requests, aiohttp the type of the body.
    assert set(theirs) == {*ours, *transport._HEADERS, "Content-Type"}
    payload = canonical_payload("POST", address, body, {name: theirs[name] for name in SIGNED})
    signature = b64decode(theirs["privy-authorization-signature"])
    key.private_key.public_key().verify(signature, payload, ECDSA(SHA256()))


def test_the_limit_reads_answers() -> None:
    """It makes a value of a success, and an error of anything else."""
    assert by_hand.read(200, samples.SIGNATURE).encoding == "hex"
    with pytest.raises(by_hand.Refused, match="401"):
        by_hand.read(401, b"{}")


def test_the_server_answers_requests_in_any_pieces() -> None:
    """Two requests in a row are answered, however they were cut on their way."""
    request = b"POST /v1/wallets/w/rpc HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
    with running([sys.executable, "-m", "benchmarks.server"], core=0) as server:
        assert server.stdout is not None
        address = ("127.0.0.1", int(server.stdout.readline()))
        with socket.create_connection(address, timeout=10) as connection:
            for piece in (request[:20], request[20:-2], request[-2:] + request):
                connection.sendall(piece)
            received = b""
            while received.count(samples.SIGNATURE) < 2:
                received += connection.recv(65536) or pytest.fail("it closed the connection")


def test_ratios_are_medians_of_the_rounds() -> None:
    """A round that was disturbed for both alike changes no ratio."""
    fast = Rounds("fast", tuple(Measured(100, seconds, seconds) for seconds in (1, 1, 5, 1)))
    slow = Rounds("slow", tuple(Measured(50, seconds, seconds) for seconds in (1, 1, 5, 1)))
    assert fast.times_faster_than(slow) == Spread(2, 2, 2)
    assert slow.times_as_long_as(fast) == Spread(2, 2, 2)


def test_results_tell_targets_and_what_was_missed() -> None:
    """Each target has a line; one that was not reached is explained, and set beside the limit."""
    good, bad = Spread(0.95, 0.9, 1), Spread(0.45, 0.4, 0.5)
    target = Target(0.9, at_least=True)
    rows = (
        Row("limit at 1", "one", target, good),
        Row("limit at 64", "many", target, bad, limit=good, cpu=bad),
    )
    table = Table(("name", "figure"), (("x", "1"),), "a table")
    text = markdown([Section("A part", "Its text.", (table,), rows)], {"machine": "here"}, {})
    assert "| one | at least 0.9 | 0.95 (0.90 to 1.00) |  |  | yes |" in text
    figures = "0.45 (0.40 to 0.50) | 0.95 (0.90 to 1.00) | 0.45 (0.40 to 0.50)"
    assert f"| many | at least 0.9 | {figures} | no |" in text
    explained = text.partition("## Targets that were not reached")[2]
    assert "**many**" in explained
    assert "**one**" not in explained
    assert "it is 50% of the way" in explained
    assert "knows this one call only, reaches it" in explained
    assert "| x | 1 |" in text


@pytest.mark.slow
def test_small_works_give_sections() -> None:
    """Preparing, encoding, decoding and addresses run, and all their rows can be explained."""
    with contest(MOMENT) as opened:
        parts = (pieces.prepare, pieces.canonical, pieces.decoding, pieces.addresses)
        sections = [part(opened) for part in parts]
    assert [len(section.tables) for section in sections] == [1, 2, 2, 1]
    assert {row.key for section in sections for row in section.rows} <= set(TEXTS)
    assert markdown(sections, {}, {}).count("| µs | µs of CPU |") == 6


def test_every_comparison_of_calls_can_be_explained() -> None:
    """A text stands for each target of the main table."""
    keys = {comparison[0] for group in calls._GROUPS for comparison in group[3]}
    assert keys <= set(TEXTS)


@pytest.mark.slow
def test_the_proxy_costs_and_counts_round_trips() -> None:
    """A new connection costs three round trips, a second call on it one, a new user's two."""
    with arena((0.02,)) as opened:
        names = {"cold": 4, "repeat": 1, "connected": 2, "prepared": 1, "connected burst": 1}
        for work, counted in names.items():
            waits = opened.run("privy_async", work, 0.02, 2)
            assert [wait.counted for wait in waits.each] == [counted] * 2
            assert min(waits.trips) >= counted


@pytest.mark.slow
def test_the_networks_give_a_section_and_a_picture() -> None:
    """In quick mode: each target has its row, the picture all works, and a text explains both."""
    with contest(MOMENT) as opened:
        section = networks.measure(opened)
    assert section.picture is not None
    assert len(section.rows) == 6
    assert {row.key for row in section.rows} <= set(TEXTS)
    assert len(section.picture.groups) == 5
    text = markdown([section], {}, {})
    assert text.startswith("# Results\n\n![What a user waits for")


def test_the_picture_is_svg_with_a_bar_for_each_value() -> None:
    """The longest bar of a group is full, the others are in proportion."""
    one = Bars("1 at a time", (("privy_async", 1000), ("a <peer>", 250)))
    two = Bars("8 at once", (("privy_sync", 100), ("by hand", 50)))
    for one_scale, widths in ((False, [400, 100, 400, 200]), (True, [400, 100, 40, 20])):
        drawn = draw(Picture("x.svg", "<Calls>", (one, two), one_scale=one_scale))
        found = ElementTree.fromstring(drawn).findall("{http://www.w3.org/2000/svg}rect")
        legend, bars = found[:3], found[3:]
        assert [each.attrib["class"] for each in legend] == ["ours", "limit", "other"]
        assert 'class="limit"' not in draw(Picture("x.svg", "Calls", (one,)))
        assert [float(bar.attrib["width"]) for bar in bars] == widths
        assert [bar.attrib["class"] for bar in bars] == ["ours", "other", "ours", "limit"]
