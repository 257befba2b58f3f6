"""Where a library is missing, what needs it names what to install."""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

import pytest
from places import ROOT

from privy_async.checks import needing

ETHEREUM, SOLANA = '"privy-async[ethereum]"', '"privy-async[solana]"'
# By what is imported: the library that it cannot do without, and what pip takes.
NEEDS: Final = {
    "privy_async.bulk.progress": ("rich", '"privy-async[progress]"'),
    "privy_async.integrations.eth_account": ("eth_account", ETHEREUM),
    "privy_async.integrations.fastapi": ("fastapi", "fastapi"),
    "privy_async.integrations.solders": ("solders", SOLANA),
    "privy_async.integrations.starlette": ("starlette", "starlette"),
    "privy_async.integrations.taskiq": ("taskiq", "taskiq"),
    "privy_async.integrations.web3": ("web3", ETHEREUM),
    "privy_async.integrations.x402": ("x402", '"privy-async[x402]"'),
    "privy_sync.integrations.django": ("django", "django"),
    "privy_sync.integrations.eth_account": ("eth_account", ETHEREUM),
    "privy_sync.integrations.solders": ("solders", SOLANA),
    "privy_sync.integrations.web3": ("web3", ETHEREUM),
    "privy_sync.integrations.x402": ("x402", '"privy-async[x402]"'),
}
# These need no more than the base installation to be imported; a Redis store asks when it is made.
NO_MORE: Final = (
    "privy_async.integrations.aiohttp_web",
    "privy_async.integrations.arq",
    "privy_async.integrations.command_line",
    "privy_async.integrations.redis",
)
SANDBOX: Final = ("eth_account", "jwt", "rfc8785", "solders")
CODE: Final = """
import importlib, json, sys
for library in json.loads(sys.argv[1]):
    sys.modules[library] = None  # as if it were not installed
said = {}
for name in json.loads(sys.argv[2]):
    try:
        module, _, attribute = name.partition(":")
        found = importlib.import_module(module)
        if attribute:
            getattr(found, attribute)
    except ImportError as error:
        said[name] = str(error)
    else:
        said[name] = "imported"
print(json.dumps(said))
"""


def said_without(libraries: list[str], modules: list[str]) -> Mapping[str, str]:
    """What importing each module says in a process that lacks the libraries."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", CODE, json.dumps(libraries), json.dumps(modules)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=50,
    )
    assert (done.returncode, done.stderr) == (0, "")
    said: dict[str, str] = json.loads(done.stdout)
    return said


def test_each_module_names_what_to_install() -> None:
    """None ends in Python's bare "No module named …"."""
    libraries = sorted({library for library, _ in NEEDS.values()})
    said = said_without(libraries, [*NEEDS, *NO_MORE])
    expected = {
        name: f"{library} is not installed: pip install {install}"
        for name, (library, install) in NEEDS.items()
    }
    assert said == expected | dict.fromkeys(NO_MORE, "imported")


def test_the_table_is_whole() -> None:
    """It has every module of the integrations that people import."""
    there = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for face in ("privy_async", "privy_sync")
        for pattern in ("*.py", "*/__init__.py")
        for path in (ROOT / face / "integrations").glob(pattern)
        if not path.stem.startswith("_") or path.parent.name != "integrations"
    }
    assert there <= {*NEEDS, *NO_MORE}


@pytest.mark.parametrize("library", SANDBOX)
def test_the_sandbox_names_its_extra(library: str) -> None:
    """So does everything that is made of it."""
    name = "privy_async.sandbox:Sandbox"
    assert said_without([library], [name]) == {
        name: f'the sandbox needs {library}: pip install "privy-async[sandbox]"'
    }


def test_a_store_in_redis_names_its_extra() -> None:
    """The store is made without it, and a URL is what needs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "redis", None)
        from privy_async.integrations.redis import RedisUserKeyStore

        with pytest.raises(ImportError, match=r'pip install "privy-async\[redis\]"'):
            RedisUserKeyStore("redis://localhost", encryption_key="A" * 43 + "=")


def test_a_broken_library_tells_so_itself() -> None:
    """What a library of another one misses is not taken for it."""
    broken = ModuleNotFoundError("No module named 'inner'", name="inner")
    with pytest.raises(ModuleNotFoundError) as caught, needing("outer", install="outer"):
        raise broken
    assert caught.value is broken
