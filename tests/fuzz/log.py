"""What came of the cases, counted."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Log:
    """Counts by kind, outcome and reason."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str, str]] = Counter()

    def note(self, kind: str, outcome: str, reason: str | None) -> None:
        self.counts[kind, outcome, reason or ""] += 1

    def lines(self) -> Iterator[str]:
        for (kind, outcome, reason), count in sorted(self.counts.items()):
            yield f"{count:9,}  {kind:6} {outcome:9} {reason}"


LOG = Log()


@contextmanager
def errors_logged() -> Iterator[list[str]]:
    """What the program logs as an error meanwhile, tracebacks included."""
    heard: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(logging.Formatter().format(record))

    listener, logger = Listener(logging.ERROR), logging.getLogger("sla_monitor")
    logger.addHandler(listener)
    try:
        yield heard
    finally:
        logger.removeHandler(listener)
