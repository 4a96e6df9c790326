"""Witnesses: endpoints of somebody else that show whether our own network works.

Each is probed once in its `every`, however many endpoints fail. The first site of a host probes them; the other sites
read its result through the collector (`transport/shared.py`). Failures wait for it in `probe/doubts.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sla_monitor.clock import Clock
from sla_monitor.probe import Loop, Prober
from sla_monitor.probe.prober import is_answered
from sla_monitor.transport import SiteWords

log = logging.getLogger(__package__)


@dataclass(slots=True, eq=False)
class _Witness:
    """`silent_since_ms`: when it was last asked, if that was in vain; None: it is not known to be silent."""

    prober: Prober
    next_ms: int
    silent_since_ms: int | None = None
    is_asked: bool = False


class Witnesses:
    """One that answers anything proves that we are online. That we are not is found when every one of them has been
    asked in vain since the last answer."""

    def __init__(self, loop: Loop, clock: Clock, words: SiteWords) -> None:
        self._loop, self._clock, self._words = loop, clock, words
        self._witnesses: list[_Witness] = []

    def set(self, probers: Sequence[Prober], asked_ms: int) -> None:
        """Ask these from now on. `asked_ms`: when witnesses were last asked, perhaps by a site before this one."""
        for witness in self._witnesses:
            witness.prober.close()
        # Zero is no time: nobody has been asked.
        self._witnesses = [_Witness(one, asked_ms + one.terms.every_ms if asked_ms else 0) for one in probers]

    def turn(self) -> None:
        """Ask those whose time it is. Called by the loop a few times a second."""
        now_ms = self._now_ms()
        for witness in self._witnesses:
            if now_ms >= witness.next_ms and not witness.is_asked:
                self._ask(witness, now_ms)

    def _ask(self, witness: _Witness, now_ms: int) -> None:
        witness.next_ms = now_ms + witness.prober.terms.every_ms
        witness.is_asked = True
        self._loop.spawn(is_answered(witness.prober, self._loop), partial(self._answered, witness, now_ms))

    def _answered(
        self, witness: _Witness, began_ms: int, is_answered: bool | None, error: BaseException | None
    ) -> None:
        witness.is_asked = False
        if error is not None:
            log.error("a witness cannot be asked", exc_info=error, extra={"witness": witness.prober.terms.id})
        if witness not in self._witnesses:  # others have been named meanwhile
            return
        if is_answered:
            self._decide(began_ms, is_online=True)
            return
        witness.silent_since_ms = began_ms
        silent = [one.silent_since_ms for one in self._witnesses if one.silent_since_ms is not None]
        if len(silent) == len(self._witnesses):
            self._decide(min(silent), is_online=False)

    def _decide(self, began_ms: int, *, is_online: bool) -> None:
        self._words.found(began_ms, self._now_ms(), is_online=is_online)
        for witness in self._witnesses:
            witness.silent_since_ms = None

    def _now_ms(self) -> int:
        return int(self._clock.monotonic() * 1000)
