"""Looks for secrets in whatever the product says: its log lines and its errors."""

import logging
import re
import traceback
from base64 import b64encode
from typing import Final

from simulation.ledger import Call, Ledger
from simulation.server import APP_ID, APP_SECRET

_BASIC: Final = b64encode(f"{APP_ID}:{APP_SECRET}".encode()).decode()
_SECRET: Final = re.compile(
    "|".join(
        (
            re.escape(APP_SECRET),
            re.escape(_BASIC),
            r"eyJ[\w-]+\.eyJ[\w-]+",  # a JSON Web Token
            r"MIGHAgEAMBMGByqGSM49",  # a P-256 private key as base64 of its PKCS #8 form
            r"ME[QUY]CI[\w+/]{60}",  # an authorization signature as base64 of its DER form
        )
    )
)


class Secrets(logging.Handler):
    """Reads every log line of the world."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(logging.DEBUG)
        self._ledger = ledger
        self.lines = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Read one line, with its traceback if it has one."""
        self.lines += 1
        text = record.getMessage()
        if record.exc_info is not None and record.exc_info[1] is not None:
            text += "".join(traceback.format_exception(record.exc_info[1]))
        self._check(text, f"a log line of {record.name}")

    def check_error(self, call: Call, error: BaseException) -> None:
        """Read an error, and those it came from."""
        seen: set[int] = set()
        following: BaseException | None = error
        while following is not None and id(following) not in seen:
            seen.add(id(following))
            text = f"{following} {following!r} {vars(following)}"
            self._check(text, f"{type(following).__name__}, which {call.name} raised")
            following = following.__cause__ or following.__context__

    def _check(self, text: str, where: str) -> None:
        found = _SECRET.search(text)
        if found is not None:
            self._ledger.violate("no_secret_in_logs_or_errors", f"{found[0][:4]}… in {where}")

    def __enter__(self) -> "Secrets":
        root = logging.getLogger()
        self._level, self._handlers = root.level, root.handlers[:]
        root.handlers = [self]
        root.setLevel(logging.DEBUG)
        return self

    def __exit__(self, *exc_info: object) -> None:
        root = logging.getLogger()
        root.handlers = self._handlers
        root.setLevel(self._level)
