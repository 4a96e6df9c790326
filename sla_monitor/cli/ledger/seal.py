"""From the ledger to sealed days: the one place where record, terms and archive meet."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sla_monitor.archive.sealed import sealed_days
from sla_monitor.archive.sealing import DAY_MS, Day, Sealer
from sla_monitor.contract.local_time import local_date, midnight_ms
from sla_monitor.errors import ArchiveError
from sla_monitor.ledger.reading.whole_days import DayRecord, Marks, WholeDays
from sla_monitor.signing import SigningKey, VerifyingKey

if TYPE_CHECKING:
    from sla_monitor.archive.sealed import SealedDay
    from sla_monitor.configuration import Configuration
    from sla_monitor.contract.contract import Contract
    from sla_monitor.ledger import Reader
    from sla_monitor.ledger.housekeeping.checking import Known
    from sla_monitor.settings import Settings

SETTLING_MS = 3_600_000
"""How long after its end a day is sealed at the earliest. What comes in later still goes into the next day."""


@contextmanager
def sealer_of(contract: Contract, settings: Settings) -> Iterator[Sealer]:
    """The archive of one contract, open for more days. Raises ArchiveError and SigningKeyError."""
    archive = settings.archive
    key = SigningKey.read(settings.ledger.key)
    former = tuple(map(VerifyingKey.read, archive.former))
    origin = f"{archive.origin}/{contract.id}"
    with Sealer.opened(archive.folder / contract.id, origin, key, former) as sealer:
        yield sealer


def seal_days(
    contract: Contract,
    ledger: Path,
    sealer: Sealer,
    now_ms: int,
    progress: Callable[[int, int], None],
    *,
    at_most: int | None = None,
) -> list[SealedDay]:
    """Seal every day that is over and is not sealed yet; none where there are more than `at_most` after a sealed one.

    Raises LedgerError, ArchiveError and their kinds; the days before stay sealed.
    """
    from sla_monitor.ledger import read_only

    made: list[SealedDay] = []
    with closing(read_only(ledger)) as reader:
        due = _due(contract, reader, sealer.last, now_ms)
    if at_most is not None and sealer.last is not None and len(due) > at_most:
        raise ArchiveError(
            f"{len(due)} days after {sealer.last.on} would be sealed at once: is the clock right? If it is, run"
            " `sla-monitor ledger archive` by hand"
        )
    with closing(WholeDays(ledger)) as days:
        for number, on in enumerate(due, start=1):
            start_ms = midnight_ms(on, UTC)
            with days.day(contract.id, start_ms, start_ms + DAY_MS, marks_of(sealer.last)) as record:
                made.append(sealer.seal(day_of(contract, on, record)))
            progress(number, len(due))
    return made


@dataclass(frozen=True, slots=True)
class SealState:
    """Up to when every contract is sealed, and what is not read again then."""

    on: date
    known: Known


def last_sealed(configuration: Configuration, now_ms: int) -> SealState:
    """Of all contracts that run. Raises ArchiveError, also where no day of one is sealed."""
    from sla_monitor.ledger.housekeeping.checking import Known

    running = [one for one in configuration.contracts if not one.has_ended(now_ms)]
    last = []
    for contract in running or configuration.contracts:
        folder = configuration.settings.archive.folder / contract.id
        days = sealed_days(folder)
        if not days:
            raise ArchiveError(f"{folder}: no day is sealed yet; check the whole ledger")
        last.append(days[-1])
    on = min(day.on for day in last)
    marks = [Marks(int(day.about["last_observation"]), int(day.about["last_entry"])) for day in last]
    seen, said = (min(several) for several in zip(*marks, strict=True))
    return SealState(on, Known(seen, said, midnight_ms(on, UTC) + DAY_MS))


def day_of(contract: Contract, on: date, record: DayRecord) -> Day:
    """A day as it is to be sealed."""
    return Day(
        contract=contract.id,
        on=on,
        phases=contract.version_at(midnight_ms(on, UTC)).terms.archive.phases,
        last_observation=record.marks.last_observation,
        last_entry=record.marks.last_entry,
        rows=record.rows,
        heartbeats=record.heartbeats,
        files={
            **_terms(contract),
            "register.jsonl": _lines(record.entries()),
            "clock_steps.jsonl": _lines(record.clock_steps()),
            "imports.jsonl": _lines(record.imports()),
            "evidence.jsonl": _lines(
                {"number": number, "digest": digest, "detail": detail, "body": b64encode(body).decode()}
                for number, digest, detail, body in record.evidence()
            ),
        },
    )


def marks_of(day: SealedDay | None) -> Marks:
    """How far the record had been read when a day was sealed. Raises ArchiveError."""
    return Marks() if day is None else Marks(day.about["last_observation"], day.about["last_entry"])


def _due(contract: Contract, reader: Reader, last: SealedDay | None, now_ms: int) -> list[date]:
    entries = reader.entries(contract.id)
    instants = [entry.at_ms for entry in entries]
    first_ms = reader.first_ms(contract.id)
    begun = [*instants, *([] if first_ms is None else [first_ms])]
    if not begun:
        return []
    seen = [span.seen_ms for key, span in reader.last_spans().items() if key.partition("/")[0] == contract.id]
    ends = [local_date(ms, UTC) for ms in (*instants, *seen)]
    until = min(local_date(now_ms - SETTLING_MS, UTC), max(contract.term.end_on, *ends) + timedelta(days=1))
    since = local_date(min(begun), UTC) if last is None else last.on + timedelta(days=1)
    return [since + timedelta(days=number) for number in range((until - since).days)]


def _terms(contract: Contract) -> dict[str, Iterable[bytes]]:
    """The contract as its file has it, and the files of bank holidays that it names."""
    files = contract.read_files
    found: dict[str, Iterable[bytes]] = {"terms.yaml": [files.contract]}
    for path in contract.holiday_files:
        name = "calendar-" + re.sub(r"[^A-Za-z0-9._-]", "_", path.name, flags=re.ASCII)
        found[name if name not in found else f"calendar-{len(found)}{path.suffix}"] = [files.contents[path]]
    return found


def _lines(several: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    return (json.dumps(one, separators=(",", ":")).encode("ascii") + b"\n" for one in several)
