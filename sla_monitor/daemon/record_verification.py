"""Results of the record's verification, from every part of the daemon that verifies."""

from __future__ import annotations

import logging
from typing import Literal, TypeAlias

from sla_monitor import names
from sla_monitor.metrics.exporter import Own

Finder: TypeAlias = Literal["figures", "night", "heads"]
"""Who reads it for figures, who goes through all of it by night, who holds it against heads that were told before."""

FINDERS: tuple[Finder, ...] = ("figures", "night", "heads")

log = logging.getLogger(__package__)


class RecordVerification:
    """May be told and asked from any thread. `at_ms`: when all of it was verified last; 0: not since the start."""

    def __init__(self) -> None:
        self.at_ms = 0
        self._problems: dict[Finder, str] = {}

    def found(self, finder: Finder, problem: str | None) -> None:
        """What is wrong with it, or that nothing is. What is new is logged."""
        before = self._problems.pop(finder, None) if problem is None else self._problems.get(finder)
        if problem is not None:
            self._problems[finder] = problem
            if problem != before:
                log.error("the record does not verify", extra={"finder": finder, "problem": problem})
        elif before is not None:
            log.warning("the record verifies again", extra={"finder": finder})

    @property
    def problem(self) -> str | None:
        """One of what is wrong."""
        return next(iter(self._problems.values()), None)

    def metrics(self) -> Own:
        """The metrics about it."""
        return {
            names.LEDGER_UNVERIFIED: [((finder,), finder in self._problems) for finder in FINDERS],
            names.LEDGER_VERIFIED_TIME: [((), self.at_ms / 1000)],
        }
