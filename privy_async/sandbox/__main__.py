"""The sandbox as a process: `privy-sandbox --help`, or `python -m privy_async.sandbox --help`."""

import argparse
import asyncio
import errno
import logging
import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    from privy_async.sandbox import Sandbox

_NAME: Final = "privy-sandbox"
_PROBLEMS: Final = {
    errno.EADDRINUSE: "is taken: end what uses it, or give another by --port (0 takes a free one)",
    errno.EACCES: "is for the system's own programs: give one above 1023 by --port",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM. Returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        from privy_async.sandbox import Sandbox

        sandbox = Sandbox(
            app_id=options.app_id,
            app_secret=options.app_secret,
            host=options.host,
            port=options.port,
            public_url=options.public_url,
            auth_keys=options.auth_key,
            user_id_claim=options.user_id_claim,
            audiences=options.audience,
            user_key_lifetime=options.user_key_lifetime,
            test_accounts=dict(options.test_account),
            granular_mfa=options.granular_mfa,
            mfa_cache_duration=options.mfa_cache_duration,
            initial_balance=options.initial_balance,
            evm=options.evm,
            forks=dict(options.fork),
            evm_rpc=options.evm_rpc,
            state_file=options.state,
            rate_limits=dict(options.rate_limit),
            retry_after=options.retry_after,
        )
        for url in options.webhook:
            sandbox.webhooks.add(url, secret=options.webhook_secret)
        asyncio.run(_serve(sandbox, options))
    except (ImportError, OSError, ValueError) as error:
        print(f"{_NAME}: {_problem(error, options)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # Where the loop takes no signal handlers, Ctrl-C arrives as this.
        return 0
    return 0


def _problem(error: Exception, options: argparse.Namespace) -> str:
    """Return what went wrong at the start, in one line that says what to do."""
    number = error.errno if isinstance(error, OSError) else None
    if number in _PROBLEMS and not getattr(error, "filename", None):
        return f"port {options.port} {_PROBLEMS[number]}"
    return " ".join(str(error).split())


async def _serve(sandbox: "Sandbox", options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            break
    async with sandbox:
        ready = f"Privy sandbox ready at {sandbox.base_url} (app id: {sandbox.app_id})"
        print(ready, flush=True)
        for endpoint in sandbox.webhooks.endpoints:
            print(f"Webhooks go to {endpoint.url}, signed with {endpoint.secret}", flush=True)
        if options.user:
            await _show_users(sandbox, options.user)
        _show_log(requests=options.log)
        await stopped.wait()


async def _show_users(sandbox: "Sandbox", names: Sequence[str]) -> None:
    """Make the users, and print what can be pasted. What is done for it is not in the log."""
    from privy_async import PrivyError
    from privy_async.sandbox.first_user import make_user, to_paste

    try:
        users = [await make_user(sandbox, name) for name in names]
    except PrivyError as error:
        raise ValueError(f"--user: {error}") from None
    print(to_paste(sandbox, users), flush=True)


def _show_log(*, requests: bool) -> None:
    """Write what would be texted to users' phones to stderr, and each request if asked for."""
    logger = logging.getLogger("privy_async.sandbox")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.StreamHandler())
    if not requests:
        logging.getLogger("privy_async.sandbox.requests").setLevel(logging.WARNING)


class _OneLineParser(argparse.ArgumentParser):
    """Says what is wrong in one line, as usage of all options is a page long."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help shows all options)\n")


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, not {text!r}")


def _parser() -> argparse.ArgumentParser:
    parser = _OneLineParser(
        prog=_NAME,
        description="Privy's API on this machine, offline.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=_port, default=8787, help="0 takes a free one")
    parser.add_argument(
        "--user",
        action="append",
        default=[],
        metavar="NAME",
        help="make a user with an Ethereum and a Solana wallet, and print what to paste "
        "into a shell: credentials, the user's token, the wallets' ids (repeatable)",
    )
    parser.add_argument(
        "--log",
        action="store_true",
        help="write a line for each request to stderr, with the cause if it is refused",
    )
    parser.add_argument(
        "--public-url",
        metavar="URL",
        help="where clients reach it through a proxy, such as https://privy.test",
    )
    parser.add_argument(
        "--state", metavar="FILE", help="keep the state there; without, in memory alone"
    )
    parser.add_argument("--app-id", default="sandbox-app", help="the app's id")
    parser.add_argument("--app-secret", default="sandbox-secret", help="the app's secret")
    _add_limit_options(parser)
    _add_login_options(parser)
    _add_mfa_options(parser)
    _add_chain_options(parser)
    _add_webhook_options(parser)
    return parser


def _add_limit_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rate-limit",
        action="append",
        default=[],
        type=_rate_limit,
        metavar="OPERATION=LIMIT",
        help='such as "POST /v1/users=20", a second, or "POST /v1/users=240/minute" (repeatable)',
    )
    parser.add_argument(
        "--retry-after",
        action="store_true",
        help="refusals for the rate say after how many seconds to ask again",
    )


def _rate_limit(text: str) -> tuple[str, str]:
    operation, _, limit = text.rpartition("=")
    return operation, limit


def _add_login_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--auth-key",
        action="append",
        default=[],
        metavar="FILE_OR_URL",
        help="a PEM or JWKS file, or the URL of a JWKS, to verify user tokens with (repeatable)",
    )
    parser.add_argument("--user-id-claim", default="sub", help="the claim that names the user")
    parser.add_argument(
        "--audience",
        action="append",
        default=[],
        help="an audience that user tokens may have (repeatable)",
    )
    parser.add_argument(
        "--user-key-lifetime",
        type=float,
        default=3600.0,
        metavar="SECONDS",
        help="how long the key given out for a token signs",
    )
    parser.add_argument(
        "--test-account",
        action="append",
        default=[],
        type=_test_account,
        metavar="EMAIL:CODE",
        help="a user who can log in with this code of six characters (repeatable)",
    )


def _add_mfa_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--granular-mfa",
        action="store_true",
        help="changes of what users own need a second factor",
    )
    parser.add_argument(
        "--mfa-cache-duration",
        type=float,
        default=900.0,
        metavar="SECONDS",
        help="how long a second factor counts once it is verified",
    )


def _test_account(text: str) -> tuple[str, str]:
    email, colon, code = text.rpartition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"expected EMAIL:CODE, not {text!r}")
    return email, code


def _add_chain_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--initial-balance",
        default="100",
        metavar="COINS",
        help="what each wallet gets of a chain's coin and of USDC",
    )
    parser.add_argument(
        "--evm",
        choices=("anvil", "py-evm"),
        help="what executes Ethereum's chains; anvil where it is on PATH if left out",
    )
    parser.add_argument(
        "--fork",
        action="append",
        default=[],
        type=_fork,
        metavar="CHAIN=URL[@BLOCK]",
        help="have a chain go on from the one at a JSON-RPC address, such as "
        "eip155:8453=https://mainnet.base.org, by anvil (repeatable)",
    )
    parser.add_argument(
        "--evm-rpc",
        metavar="URL",
        help="the JSON-RPC address of an Ethereum chain to use, such as anvil's",
    )


def _fork(text: str) -> tuple[str, str]:
    chain, equals, address = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError("expected CHAIN=URL, such as eip155:1=https://…")
    return chain, address


def _add_webhook_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--webhook",
        action="append",
        default=[],
        metavar="URL",
        help="a URL that is told what happens (repeatable)",
    )
    parser.add_argument(
        "--webhook-secret",
        metavar="SECRET",
        help="what webhooks are signed with, whsec_ and base64; made and printed if left out",
    )


if __name__ == "__main__":
    sys.exit(main())
