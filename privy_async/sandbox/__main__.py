"""The sandbox as a process: python -m privy_async.sandbox --help."""

import argparse
import asyncio
import logging
import signal
import sys
from collections.abc import Sequence

from privy_async.sandbox import Sandbox


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until Ctrl-C or SIGTERM. Returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
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
            evm_rpc=options.evm_rpc,
            state_file=options.state,
        )
        for url in options.webhook:
            sandbox.webhooks.add(url, secret=options.webhook_secret)
        asyncio.run(_serve(sandbox))
    except (OSError, ValueError) as error:
        print(f"privy sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # Where the loop takes no signal handlers, Ctrl-C arrives as this.
        return 0
    return 0


async def _serve(sandbox: Sandbox) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            break
    _show_text_messages()
    async with sandbox:
        ready = f"Privy sandbox ready at {sandbox.base_url} (app id: {sandbox.app_id})"
        print(ready, flush=True)
        for endpoint in sandbox.webhooks.endpoints:
            print(f"Webhooks go to {endpoint.url}, signed with {endpoint.secret}", flush=True)
        await stopped.wait()


def _show_text_messages() -> None:
    """Write what would be texted to users' phones to stderr, where the log goes."""
    logger = logging.getLogger("privy_async.sandbox")
    logger.setLevel(logging.INFO)
    logger.addHandler(logging.StreamHandler())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m privy_async.sandbox",
        description="Privy's API on this machine, offline.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--port", type=int, default=8787, help="0 takes a free one")
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
    _add_login_options(parser)
    _add_mfa_options(parser)
    _add_chain_options(parser)
    _add_webhook_options(parser)
    return parser


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
    email, _, code = text.rpartition(":")
    return email, code


def _add_chain_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--initial-balance",
        default="100",
        metavar="COINS",
        help="what each wallet gets of a chain's coin and of USDC",
    )
    parser.add_argument(
        "--evm-rpc",
        metavar="URL",
        help="the JSON-RPC address of an Ethereum chain to use, such as anvil's",
    )


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
