"""Logs: standard error, one line for each event, logfmt or JSON, in the journal's own terms under systemd.

Text from a supplier can neither begin a second line nor hide behind control characters: every one of them is
written as `\\uXXXX`.
"""

from __future__ import annotations

import copy
import logging
import os
import sys
import threading
from collections import Counter
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal, TextIO

from logfmter import Logfmter

Level = Literal["debug", "info", "warning", "error"]
Format = Literal["logfmt", "json"]

TEXT_LIMIT = 4_000
"""Characters kept of a message, a traceback or a field: the journal would break a line of 48 KiB in two."""

LIBRARIES = ("apscheduler", "urllib3", "tornado.access", "asyncio")
"""They say at "info" what matters to their authors only."""

counts: Counter[str] = Counter(dict.fromkeys(("debug", "info", "warning", "error"), 0))
"""Events written since the start, for each level."""

_LEVELS = {logging.DEBUG: "debug", logging.INFO: "info", logging.WARNING: "warning"}
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3}
# C0 and C1 controls, line separators, and the marks that reorder text on a screen.
_CONTROLS = (
    *range(0x20),
    *range(0x7F, 0xA0),
    0x2028,
    0x2029,
    0x200E,
    0x200F,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
)
_ESCAPES = {code: f"\\u{code:04x}" for code in _CONTROLS}
_OWN = frozenset(logging.makeLogRecord({}).__dict__)


def level_name(record: logging.LogRecord) -> str:
    """One of our four levels; whatever is worse than a warning is an error."""
    return _LEVELS.get(record.levelno, "error" if record.levelno > logging.WARNING else "debug")


def is_journal(stream: TextIO) -> bool:
    """Whether the stream is the journal: $JOURNAL_STREAM holds the device and inode that systemd gave us."""
    try:
        file = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{file.st_dev}:{file.st_ino}"


class _Line(logging.Formatter):
    """Lays a record out through one of the two libraries, then makes sure that it is one line."""

    def __init__(self, layout: logging.Formatter, *, has_priority: bool) -> None:
        super().__init__()
        self._layout, self._has_priority = layout, has_priority

    def format(self, record: logging.LogRecord) -> str:
        line = self._layout.format(self._prepared(record)).translate(_ESCAPES)
        return f"<{_PRIORITIES[level_name(record)]}>{line}" if self._has_priority else line

    def _prepared(self, record: logging.LogRecord) -> logging.LogRecord:
        """A copy in our words, with every text cut to TEXT_LIMIT; other handlers see the original."""
        new = copy.copy(record)
        new.levelname = level_name(record)
        new.msg, new.args = _cut(_message(record)), ()
        if record.exc_info:
            new.exc_text, new.exc_info = _cut(self.formatException(record.exc_info)), None
        for key, value in record.__dict__.items():
            if key not in _OWN and isinstance(value, str):
                setattr(new, key, _cut(value))
        return new


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # a mistake of ours in a log call must not cost the event
        return f"{record.msg} {record.args}"


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else f"{text[:TEXT_LIMIT]}…"


class _Logfmt(Logfmter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - its name
        return _timestamp(record)


def _timestamp(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _layout(style: Format, *, has_timestamp: bool) -> logging.Formatter:
    names = {"asctime": "ts"} if has_timestamp else {}
    names |= {"levelname": "level", "name": "logger"}
    if style == "json":
        return _json_layout(names)
    return _Logfmt(keys=list(names.values()), mapping={new: old for old, new in names.items()})


def _json_layout(names: dict[str, str]) -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter  # only here: few ask for it, and all would pay for it

    class Json(JsonFormatter):
        def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802 - its name
            return _timestamp(record)

    return Json([*names, "message"], rename_fields=names | {"message": "msg"}, json_ensure_ascii=False)


class _Count(logging.Filter):
    """Counts what is written."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        with self._lock:
            counts[level_name(record)] += 1
        return True


def configure(level: Level = "info", format: Format = "logfmt", stream: TextIO | None = None) -> None:  # noqa: A002
    """Send every event of this level or worse to standard error. May be called again after a reload."""
    stream = stream or sys.stderr
    under_journal = is_journal(stream)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Line(_layout(format, has_timestamp=not under_journal), has_priority=under_journal))
    handler.addFilter(_Count())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    for library in LIBRARIES:
        logging.getLogger(library).setLevel(logging.NOTSET if level == "debug" else logging.WARNING)


def catch_uncaught() -> None:
    """Log what would end the process or a thread with a bare traceback; Ctrl-C stays as it is."""

    def caught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt) and error is not None:
            logging.getLogger("sla_monitor").critical("uncaught error", exc_info=(kind, error, trace))

    sys.excepthook = caught
    threading.excepthook = lambda args: caught(args.exc_type, args.exc_value, args.exc_traceback)
