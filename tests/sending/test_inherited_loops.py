"""An event loop that was made before a fork: its connections are the parent's."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import sleep

import pytest
from python_processes import outcome, start

TIMES = 20


class Payments(BaseHTTPRequestHandler):
    """Answers a payment with its value as the hash, a little later."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        value = body["params"]["transaction"]["value"]
        data = {"hash": value, "caip2": "eip155:1", "transaction_id": "t"}
        text = json.dumps({"method": "eth_sendTransaction", "data": data}).encode()
        sleep(0.02)
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a server of payments."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Payments) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("time", range(TIMES))
def test_children_do_not_get_each_others_answers(server: str, time: int) -> None:
    """Each is refused with an error that says why, and a loop of its own works."""
    code, stdout, stderr = outcome(start("fork_with_a_loop.py", server, flags=("-W", "error")))
    assert (code, stdout.split("\n"), stderr) == (0, ["refused"] * 8, "")
