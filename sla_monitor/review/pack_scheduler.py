"""The pack scheduler: makes a pack of a month that has ended, and again when a signed month changes.

Each is made by `sla-monitor review` in a process of its own: what it needs of memory is given back, and nothing that it
does can hold up a probe.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sla_monitor.contract.contract import Contract
from sla_monitor.periods.edges import month_of, run_of
from sla_monitor.periods.months import shifted
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Countersigned, Entry, SignOff
from sla_monitor.review.pack_input import Copy
from sla_monitor.review.pack_store import register_number
from sla_monitor.review.posting import outgoing
from sla_monitor.settings import Reviews

SETTLING_MS = 10 * 60_000
"""How long after the end of a month its last probes may still be on their way into the ledger."""

AGAIN_MS = 3_600_000
"""How long after a pack could not be made it is tried again."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A pack that is to be made."""

    contract: str
    month: str
    copy: Copy = "authority"
    signed: int = 0
    """The last entry that signs the month, for either party; 0: none does."""

    @property
    def message(self) -> str:
        """The name of its mail: the same at each of a pair of collectors, and another once the month is signed."""
        return f"{self.name}.{self.signed}"

    @property
    def name(self) -> str:
        """That of its folder."""
        return f"{self.contract}-{self.month}" + ("-supplier" if self.copy == "supplier" else "")


def copies(reviews: Reviews, contract: str) -> Sequence[Copy]:
    """Whose copies the settings ask for. Without bundles, the supplier's is made for whoever is sent it."""
    is_sent = reviews.mail is not None and bool(reviews.mail.suppliers.get(contract))
    return ("authority", "supplier") if reviews.bundles or is_sent else ("authority",)


def due(
    contract: Contract, entries: Sequence[Entry], first_ms: int | None, reviews: Reviews, now_ms: int
) -> Iterator[Due]:
    """The last closed month if anything was seen before its end (or, where nothing is probed, said) and it has no
    pack, and signed months whose pack is older; each for every party that is to have one."""
    period = month_of(now_ms - SETTLING_MS, contract.time_zone)
    month = shifted(period.name, -1)
    since_ms = first_ms if first_ms is not None else min((entry.at_ms for entry in entries), default=None)
    begun = since_ms is not None and since_ms < period.start_ms
    effective = effective_entries(entries)
    signed_by = {said.month: entry.number for entry, said in effective.of(SignOff)}
    for entry, countersigned in effective.of(Countersigned):
        signed_by[countersigned.month] = max(signed_by.get(countersigned.month, 0), entry.number)
    for copy in copies(reviews, contract.id):
        last = Due(contract.id, month, copy, signed_by.get(month, 0))
        if begun and month in run_of(contract) and register_number(reviews.folder / last.name) is None:
            yield last
        for name, number in signed_by.items():
            signed = Due(contract.id, name, copy, number)
            made = register_number(reviews.folder / signed.name)
            if made is not None and made < number:
                yield signed


class PackScheduler:
    """Makes one pack after the other. `check` is called every minute or so and never waits. `is_posted`: mails are put
    aside, and one of a pair of collectors sends them (`review/posting.py`)."""

    def __init__(self, reviews: Reviews, settings: Path, *, is_posted: bool = False) -> None:
        self._reviews, self._settings, self._is_posted = reviews, settings, is_posted
        self._running: tuple[Due, subprocess.Popen[bytes]] | None = None
        self._not_before: dict[Due, int] = {}

    def check(self, wanted: Iterable[Due], now_ms: int) -> None:
        """See how the pack in hand is getting on; begin the next one that is due."""
        if self._running is not None and not self._is_done(*self._running, now_ms):
            return
        for one in wanted:
            if self._not_before.get(one, 0) <= now_ms:
                self._begin(one)
                return

    def stop(self) -> None:
        """Give up the pack in hand: it is made anew after the next start."""
        if self._running is not None:
            self._running[1].kill()  # it has inherited that SIGTERM is blocked
            self._running[1].communicate()
            self._running = None

    def _begin(self, one: Due) -> None:
        reviews = self._reviews
        command = [sys.executable, "-m", "sla_monitor", "review", one.contract, "--config", str(self._settings)]
        command += ["--period", one.month, "--copy", one.copy, "--output", str(reviews.folder)]
        command += ["--format", ",".join(reviews.formats)]
        if reviews.bundles:
            command += ["--bundle", "--replace"]
        if reviews.mail is not None and reviews.mail.recipients(one.contract, one.copy):
            command.append("--send")
            if self._is_posted:
                command += ["--message", str(outgoing(reviews.folder) / f"{one.message}.eml")]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._running = (one, process)

    def _is_done(self, one: Due, process: subprocess.Popen[bytes], now_ms: int) -> bool:
        if process.poll() is None:
            return False
        said = process.stderr.read().decode(errors="replace").strip()[-500:] if process.stderr else ""
        if process.stderr:
            process.stderr.close()
        self._running = None
        about = {"contract": one.contract, "month": one.month, "copy": one.copy}
        if process.returncode == 0:
            log.info("a review pack was made", extra=about)
        else:
            self._not_before[one] = now_ms + AGAIN_MS
            log.error("cannot make a review pack", extra={**about, "problem": said})
        return True
