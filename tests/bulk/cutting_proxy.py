"""A proxy before a Redis that cuts a connection at one of its scripts."""

import socket
import threading
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

Side = Literal["request", "answer"]


class CuttingProxy:
    """Forwards to a Redis. What is cut off is a script's request, or its answer.

    Attributes:
        url: Where it listens.
        scripts: How many scripts have come so far.
    """

    def __init__(self, redis_url: str, cut_at: int, side: Side) -> None:
        address = urlsplit(redis_url)
        self._redis = address.hostname, address.port
        self._cut_at, self._side = cut_at, side
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"redis://127.0.0.1:{self._server.getsockname()[1]}"
        self.scripts = 0
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for connection in self._open:
            _close(connection)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            redis = socket.create_connection(self._redis)
            self._open += client, redis
            self._threads.append(threading.Thread(target=self._serve, args=(client, redis)))
            self._threads[-1].start()

    def _serve(self, client: socket.socket, redis: socket.socket) -> None:
        """Requests and answers come by turns, and each is small enough to come as one."""
        with client, redis:
            while not self._serve_one(client, redis):
                pass

    def _serve_one(self, client: socket.socket, redis: socket.socket) -> bool:
        """True if that was the last one of the connection."""
        try:
            request = client.recv(1 << 20)
            is_script = b"EVAL" in request
            cuts = is_script and self.scripts == self._cut_at
            self.scripts += is_script
            if not request or (cuts and self._side == "request"):
                return True
            redis.sendall(request)
            answer = redis.recv(1 << 20)
            if not answer or cuts:
                return True
            client.sendall(answer)
        except OSError:
            return True
        return False


def _close(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # It is closed already.
