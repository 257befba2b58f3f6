"""Options as they are read: addresses, proxies, variables; and what is logged of them."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from privy_async.errors import InvalidArgumentError
from privy_async.sending.settings import (
    _warn_of_plain_http,
    check_app_id,
    check_base_url,
    check_hook,
    check_ssl,
    choose_proxy,
    mask_proxy,
    read_app_secret,
    read_setting,
)

PRIVY = "https://api.privy.io"


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (PRIVY, PRIVY),
        (f" {PRIVY}/ \n", PRIVY),
        (f"{PRIVY}///", PRIVY),
        ("HTTPS://API.Privy.IO", PRIVY),
        (f"{PRIVY}:443", PRIVY),
        (f"{PRIVY}:0443/", PRIVY),
        (f"{PRIVY}:80", f"{PRIVY}:80"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.0.0.1:443", "http://127.0.0.1:443"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("http://127.0.0.1:65535", "http://127.0.0.1:65535"),
        ("http://127.0.0.1:08787", "http://127.0.0.1:8787"),
        ("http://[::1]:8787", "http://[::1]:8787"),
        ("http://[::FFFF:1.2.3.4]", "http://[::ffff:1.2.3.4]"),
        (f"{PRIVY}/a/B-_.~9", f"{PRIVY}/a/B-_.~9"),
        (f"{PRIVY}/a..b/...", f"{PRIVY}/a..b/..."),
        ("https://my_host-1.example", "https://my_host-1.example"),
    ],
)
def test_addresses(given: str, taken: str) -> None:
    """In small letters, without the scheme's own port, and without slashes at the end."""
    assert check_base_url(given) == taken


@pytest.mark.parametrize(
    "given",
    [
        *(
            "",
            "api.privy.io",
            "ftp://api.privy.io",
            "https://",
            "https:///v1",
            None,
            7,
            b"https://x",
        ),
        *(f"{PRIVY}:0", f"{PRIVY}:65536", f"{PRIVY}:", f"{PRIVY}:x", f"{PRIVY}:123456"),
        *(f"{PRIVY}?a=b", f"{PRIVY}#a", f"{PRIVY}/a b", f"{PRIVY}/%41", f"{PRIVY}//a"),
        *(
            "https://user@host",
            "https://u:p@host",
            "https://ü.example",
            "https://[::1",
            "https://a]",
        ),
        *(f"x{PRIVY}", f"{PRIVY}\nx", "https://\u017f.example", "https://\u212a.example"),
    ],
)
def test_what_is_no_address(given: Any) -> None:
    """The error shows what one looks like."""
    with pytest.raises(InvalidArgumentError, match=r"such as https://api.privy.io") as caught:
        check_base_url(given)
    assert caught.value.argument == "base_url"


@pytest.mark.parametrize("path", ["/.", "/..", "/a/..", "/../a", "/./a"])
def test_dot_segments(path: str) -> None:
    """They would make another path than the one that is signed."""
    with pytest.raises(InvalidArgumentError, match="must not have dot segments") as caught:
        check_base_url(f"{PRIVY}{path}")
    assert caught.value.argument == "base_url"


@pytest.mark.parametrize(
    ("host", "plain"),
    [
        *(
            (host, False)
            for host in ("localhost", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]")
        ),
        *((host, True) for host in ("localhost.example", "alocalhost", "128.0.0.1", "[::2]", "a")),
        ("127.0.0.1.example", True),
    ],
)
def test_a_secret_on_the_way(host: str, plain: bool, caplog: pytest.LogCaptureFixture) -> None:
    """Over plain HTTP it is warned of, once for each host that is not this machine."""
    _warn_of_plain_http.cache_clear()
    for _ in range(2):
        check_base_url(f"http://{host}:8787")
        check_base_url(f"https://{host}")
    found = [each for each in caplog.records if each.name == "privy_async"]
    assert [each.levelno for each in found] == ([logging.WARNING] if plain else [])
    assert all(f"http://{host}:" in each.getMessage() for each in found)


PROXIES = [
    "http://p",
    "https://p:1",
    "HTTP://P.example:65535/",
    "http://u:p@h:3128",
    "http://[::1]:1",
]


@pytest.mark.parametrize("proxy", PROXIES)
def test_proxies(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand, given or from the environment."""
    assert choose_proxy(proxy, PRIVY) == proxy
    for name in ("HTTP_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    assert choose_proxy(None, PRIVY) == proxy
    assert choose_proxy(None, f"{PRIVY}:444/base") == proxy
    assert choose_proxy(None, "http://api.example") is None
    assert choose_proxy(None, "https://127.0.0.1:8787/base") is None


@pytest.mark.parametrize(
    "proxy",
    [
        *("", "p:3128", "socks5://p", "http://", "http://p:0", "http://p:65536", "http://p/path"),
        *("http://a b", 7, "http://p?x", "http://u@v@p/"),
    ],
)
def test_what_is_no_proxy(proxy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named by its argument, or by the variable."""
    with pytest.raises(InvalidArgumentError, match=r"such as http://proxy.example:3128") as caught:
        choose_proxy(proxy, PRIVY)
    assert caught.value.argument == "proxy"
    if isinstance(proxy, str) and "://" in proxy:
        for scheme in ("http", "https"):
            for name in (f"{scheme}_proxy", "NO_PROXY", "no_proxy"):
                monkeypatch.delenv(name, raising=False)
            monkeypatch.setenv(f"{scheme.upper()}_PROXY", proxy)
            with pytest.raises(InvalidArgumentError) as caught:
                choose_proxy(None, f"{scheme}://api.example")
            assert caught.value.argument == f"{scheme.upper()}_PROXY"


@pytest.mark.parametrize(
    ("proxy", "shown"),
    [
        (None, None),
        ("http://p:3128", "http://p:3128"),
        ("http://u:p@h:3128", "http://***@h:3128"),
        ("http://u:p@q@h", "http://***@h"),
    ],
)
def test_what_is_shown_of_a_proxy(proxy: str | None, shown: str | None) -> None:
    """No name and no password."""
    assert mask_proxy(proxy) == shown


@pytest.mark.parametrize(
    ("given", "variable", "default", "read"),
    [
        ("own", "env", "default", "own"),
        (None, "env", "default", "env"),
        (None, "", "default", "default"),
        (None, None, "default", "default"),
        ("", "env", "default", None),
        (None, "", "", None),
        (7, "env", "default", None),
        ("\ud800", "env", "default", None),
    ],
)
def test_settings(
    given: Any, variable: Any, default: str, read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is given, else the variable, else the default; what is given is never passed over."""
    monkeypatch.delenv("PRIVY_X", raising=False)
    if variable is not None:
        monkeypatch.setenv("PRIVY_X", variable)
    if read is None:
        with pytest.raises(InvalidArgumentError, match="give x= or set PRIVY_X") as caught:
            read_setting("x", given, "PRIVY_X", default)
        assert caught.value.argument == "x"
        return
    assert read_setting("x", given, "PRIVY_X", default) == read
    if not (given or variable):
        with pytest.raises(InvalidArgumentError):
            read_setting("x", given, "PRIVY_X")


def test_the_apps_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several, or a function, are taken as they are; a text like any setting."""
    monkeypatch.setenv("PRIVY_APP_SECRET", "env")
    several, function = ["a", "b"], lambda: "c"
    assert read_app_secret(several) is several
    assert read_app_secret(function) is function
    assert (read_app_secret("own"), read_app_secret(None)) == ("own", "env")
    with pytest.raises(InvalidArgumentError) as caught:
        read_app_secret("")
    assert caught.value.argument == "app_secret"


@pytest.mark.parametrize("check", [check_app_id])
def test_app_ids(check: Callable[[Any], str]) -> None:
    """Printable, and without a colon."""
    assert check("app-1") == "app-1"
    with pytest.raises(InvalidArgumentError, match="app_id: expected no colon"):
        check("a:b")
    with pytest.raises(InvalidArgumentError, match="app_id: expected printable"):
        check("a\n")


def test_hooks_and_contexts() -> None:
    """A function or None; a context or None, which is the system's trust."""
    assert check_hook("on_request", None) is None
    assert check_hook("on_request", print) is print
    with pytest.raises(InvalidArgumentError, match="on_request: expected a function, or None"):
        check_hook("on_request", 7)  # type: ignore[type-var]
    assert check_ssl(None) is True
    for wrong in (True, False, "ca.pem"):
        with pytest.raises(InvalidArgumentError, match=r"ssl: expected an ssl.SSLContext, or None"):
            check_ssl(wrong)
