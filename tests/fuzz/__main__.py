"""Feeds every parser for a while: `make fuzz`."""

import argparse
import os
import random
import re
import subprocess
import sys
import time
from importlib.util import find_spec
from types import FunctionType, ModuleType
from typing import Any

from fuzz.targets import TARGETS

_LENGTHS = (0, 5, 30, 100, 300, 1000)


def main() -> int:
    """Return 0 if nothing but documented errors left any parser."""
    options = _read_options()
    if options.child:
        _feed(options.child, options.inputs, options.seconds, options.seed)
        return 0
    guided = find_spec("atheris") is not None
    print("coverage-guided by atheris" if guided else "random inputs: atheris is not installed")
    failed = [name for name in options.targets or TARGETS if not _run_child(name, options)]
    print(f"failed: {', '.join(failed)}" if failed else "nothing but documented errors came out")
    return bool(failed)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("targets", nargs="*", help=", ".join(TARGETS))
    parser.add_argument("--inputs", type=int, default=1_000_000, help="for each parser, at most")
    parser.add_argument("--seconds", type=int, default=60, help="for each parser, at most")
    parser.add_argument("--seed", type=int, default=random.randrange(2**31))
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _run_child(name: str, options: argparse.Namespace) -> bool:
    """Feed one parser in a process of its own: it may use too much memory, or never end."""
    command = [sys.executable, "-m", "fuzz", "--child", name, "--seed", str(options.seed)]
    command += ["--inputs", str(options.inputs), "--seconds", str(options.seconds)]
    begun = time.monotonic()
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    ended = "ok" if ran.returncode == 0 else "FAILED"
    tried = re.search(r"number_of_executed_units: (\d+)", ran.stdout + ran.stderr)
    inputs = f"{int(tried[1]):12,} inputs" if tried else ""
    print(f"{name:24} {ended} {time.monotonic() - begun:8.1f} s {inputs}", flush=True)
    if ran.returncode:
        print(ran.stdout[-4000:], ran.stderr[-4000:], f"exit {ran.returncode}, seed {options.seed}")
    return ran.returncode == 0


def _feed(name: str, inputs: int, seconds: int, seed: int) -> None:
    if find_spec("atheris") is None:
        _feed_at_random(name, inputs, seconds, seed)
    else:
        _feed_by_coverage(name, inputs, seconds, seed)


def _feed_at_random(name: str, inputs: int, seconds: int, seed: int) -> None:
    chance, end, tried = random.Random(seed), time.monotonic() + seconds, 0
    while tried < inputs and time.monotonic() < end:
        tried += 1
        data = chance.randbytes(chance.choice(_LENGTHS))
        try:
            TARGETS[name].try_bytes(data)
        except Exception:
            print(f"input {data.hex()}")
            raise
    print(f"number_of_executed_units: {tried}")


def _feed_by_coverage(name: str, inputs: int, seconds: int, seed: int) -> None:
    import atheris  # type: ignore[import-untyped]

    for path, module in list(sys.modules.items()):
        if path.startswith(("privy_async", "jwt")):
            _instrument(atheris, module)
    limits = [f"-runs={inputs}", f"-max_total_time={seconds}", f"-seed={seed or 1}"]
    bounds = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=1000", "-print_final_stats=1"]
    atheris.Setup([name, *limits, *bounds], TARGETS[name].try_bytes)
    atheris.Fuzz()


def _instrument(atheris: Any, module: ModuleType) -> None:
    """Have atheris see which lines of a module's functions and methods run."""
    for value in list(vars(module).values()):
        if getattr(value, "__module__", None) == module.__name__:
            members = vars(value).values() if isinstance(value, type) else (value,)
            for member in list(members):
                function = getattr(member, "__func__", member)
                if isinstance(function, FunctionType):
                    atheris.instrument_func(function)


if __name__ == "__main__":
    sys.exit(main())
