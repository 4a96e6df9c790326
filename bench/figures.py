"""What a row says, worked out from the ledger: which probes were due in the measured time, and what became of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from sla_monitor.schedule import phase_ms

_PROBES = """
select key, at_ms, name from observations o
  join endpoints e on e.id = o.endpoint_id join outcomes n on n.id = o.outcome
where at_ms >= ?
"""

ProbeTimes = Mapping[str, Sequence[int]]
"""When the probes at each endpoint began, in ms."""


@dataclass(slots=True)
class Figures:
    """Of the probes that were due in the measured time: `late_ms`, ascending, has one for each that was made;
    `missed` were never made. `counts`: probes made, for each endpoint. `periods_ms`: from probe to probe."""

    late_ms: list[int] = field(default_factory=list)
    periods_ms: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    missed: int = 0

    @property
    def mean_period_ms(self) -> float:
        return sum(self.periods_ms) / max(len(self.periods_ms), 1)

    def late(self, part: float) -> str:
        """The lateness that so much of the probes does not exceed."""
        return str(self.late_ms[min(int(len(self.late_ms) * part), len(self.late_ms) - 1)]) if self.late_ms else "-"


def figures(probes: ProbeTimes, keys: Iterable[str], began_ms: int, ended_ms: int, every_ms: int) -> Figures:
    """Each endpoint's due instants in `[began_ms, ended_ms)`, compared with its probes: a probe is that of the last due
    instant before it. An endpoint that was never probed has missed all of its."""
    found = Figures()
    for key in keys:
        phase = phase_ms(key, every_ms)
        due = set(range(began_ms + (phase - began_ms) % every_ms, ended_ms, every_ms))
        made = {at_ms - (at_ms - phase) % every_ms: at_ms for at_ms in sorted(probes.get(key, ()), reverse=True)}
        served = sorted(due & made.keys())
        found.late_ms += [made[moment] - moment for moment in served]
        found.periods_ms += [made[b] - made[a] for a, b in pairwise(served)]
        found.counts.append(len(served))
        found.missed += len(due) - len(served)
    found.late_ms.sort()
    return found


def read_probes(ledger: Path, since_ms: int) -> Iterator[tuple[str, int, str]]:
    """Every probe that began at or after `since_ms`: endpoint, instant, outcome."""
    with closing(sqlite3.connect(ledger)) as database:
        yield from database.execute(_PROBES, (since_ms,))


def bytes_a_probe(ledger: Path) -> float:
    """The whole record, over all its probes."""
    size = sum(file.stat().st_size for file in ledger.parent.glob(f"{ledger.name}*"))
    with closing(sqlite3.connect(ledger)) as database:
        total: int = database.execute("select count(*) from observations").fetchone()[0]
    return size / max(total, 1)
