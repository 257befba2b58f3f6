"""hyperliquid's SDK with a Privy wallet under a policy for typed data; run in its environment."""

import asyncio
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from typing import Any

from eth_utils.conversions import to_hex
from hyperliquid.exchange import Exchange
from hyperliquid.utils import signing

from privy_async import PrivyClient, PrivyError
from privy_async.integrations.eth_account import PrivyAccount
from privy_sync import PrivyClient as SyncPrivyClient
from privy_sync.integrations.eth_account import PrivyAccount as SyncPrivyAccount

META: Any = {"universe": [{"name": "ETH", "szDecimals": 4}]}
SPOT: Any = {"universe": [], "tokens": []}
TRANSFER = signing.USD_SEND_SIGN_TYPES


class ExchangeServer(BaseHTTPRequestHandler):
    """Takes every action, and keeps it."""

    actions: list[Any] = []  # noqa: RUF012

    def do_POST(self) -> None:
        self.actions.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        body = b'{"status": "ok"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Be quiet."""


def sign_typed_data(wallet: Any, data: dict[str, Any]) -> dict[str, Any]:
    """Sign what the action says instead of its hash, so that Privy's policies see it."""
    signed = wallet.sign_typed_data(full_message=data)
    return {"r": to_hex(signed.r), "s": to_hex(signed.s), "v": signed.v}


def order(exchange: Exchange) -> Any:
    return exchange.order("ETH", True, 0.1, 1800.0, {"limit": {"tif": "Gtc"}})


def order_signer() -> Any:
    """Who signed the last order, by the SDK's own reading."""
    sent = ExchangeServer.actions[-1]
    return signing.recover_agent_or_user_from_l1_action(
        sent["action"], sent["signature"], None, sent["nonce"], None, False
    )


def transfer_signer() -> Any:
    sent = ExchangeServer.actions[-1]
    return signing.recover_user_from_user_signed_action(
        sent["action"], sent["signature"], TRANSFER, "HyperliquidTransaction:UsdSend", False
    )


async def through_the_bridge(task: dict[str, str], url: str) -> Any:
    async with PrivyClient(**credentials(task)) as privy:
        alice = privy.for_user(task["jwt"])
        account = PrivyAccount(alice, await alice.wallets.get(task["wallet_id"]))
        await account.run(order, Exchange(account, url, META, spot_meta=SPOT))
    return order_signer()


def credentials(task: dict[str, str]) -> dict[str, Any]:
    return {name: task[name] for name in ("base_url", "app_id", "app_secret")}


def main(task: dict[str, str]) -> dict[str, Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), ExchangeServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    report: dict[str, Any] = {"version": version("hyperliquid-python-sdk")}
    with SyncPrivyClient(**credentials(task)) as privy:
        alice = privy.for_user(task["jwt"])
        account = SyncPrivyAccount(alice, alice.wallets.get(task["wallet_id"]))
        exchange = Exchange(account, url, META, spot_meta=SPOT)
        try:
            order(exchange)
        except PrivyError as error:
            report["without the recipe"] = type(error).__name__
        signing.sign_inner = sign_typed_data
        order(exchange)
        report["order signed by"] = order_signer()
        exchange.usd_transfer(1.5, account.address)
        report["transfer signed by"] = transfer_signer()
    report["order through the bridge signed by"] = asyncio.run(through_the_bridge(task, url))
    server.shutdown()
    return report


if __name__ == "__main__":
    print(json.dumps(main(json.load(sys.stdin))))
