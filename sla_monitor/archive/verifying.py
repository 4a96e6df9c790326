"""Checks sealed days as `verify.sh` does, and what a shell cannot: the tables, and the digests of the register.

`verify.sh` is what somebody uses who does not trust us; this is the same in less time, and names all that is wrong.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

from sla_monitor.archive import table
from sla_monitor.archive.checkpoint import Checkpoint
from sla_monitor.archive.merkle import Tree
from sla_monitor.archive.sealed import (
    HEARTBEATS,
    OBSERVATIONS,
    SealedDay,
    digest_of,
    line_before,
    sealed_days,
    strangers,
)
from sla_monitor.archive.stamping import stamped_at
from sla_monitor.errors import ArchiveError
from sla_monitor.signing import VerifyingKey

_CHAINED = (
    "before", "number", "at_ms", "actor", "contract", "kind", "reference", "evidence", "note", "about", "start_ms",
    "end_ms", "body",
)  # fmt: skip
"""What the digest of an entry is made of, in this order: docs/ledger.md."""


@dataclass(frozen=True, slots=True)
class Against:
    """What an archive is checked against. `keys`: without any, whose the checkpoints are is not asked. `kept`: a
    checkpoint that somebody kept; `authority`: certificates. `digests_only`: of the days there are digests and
    checkpoints alone."""

    keys: tuple[VerifyingKey, ...]
    witness: VerifyingKey | None = None
    kept: Checkpoint | None = None
    authority: Path | None = None
    digests_only: bool = False


@dataclass(slots=True)
class Report:
    """`problems`: what is wrong, none when all holds; `notes`: what was not checked; `cosigned`: the last day that the
    witness signed for, and when (Unix seconds)."""

    days: list[SealedDay] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    cosigned: tuple[SealedDay, int] | None = None
    root: bytes = b""


def verify(folder: Path, against: Against, progress: Callable[[int, int], None] = lambda *_: None) -> Report:
    """Check every day of one contract."""
    report = Report()
    try:
        report.days = sealed_days(folder)
        report.problems += [f"{folder / name}: is no sealed day" for name in strangers(folder)]
    except (ArchiveError, OSError) as error:
        report.problems.append(str(error))
        return report
    if not report.days:
        report.problems.append(f"{folder}: there is no sealed day here")
        return report
    _DaysWalk(report, against).all_days(progress)
    return report


class _DaysWalk:
    """From the first day to the last."""

    def __init__(self, report: Report, against: Against) -> None:
        self._report, self._against = report, against
        self._tree, self._is_kept_found = Tree(), against.kept is None
        self._origin = against.kept.origin if against.kept else None

    def all_days(self, progress: Callable[[int, int], None]) -> None:
        report, before = self._report, None
        for number, day in enumerate(report.days, start=1):
            try:
                self._tree.append(day.sums)
                report.problems += [f"{day.folder}: {problem}" for problem in self._day(day, before)]
            except (ArchiveError, OSError) as error:
                report.problems.append(str(error))
            before = day
            progress(number, len(report.days))
        report.root = self._tree.root
        if not self._is_kept_found:
            size = self._against.kept.size if self._against.kept else 0
            report.problems.append(f"there are {self._tree.size} days, and the checkpoint that was kept has {size}")
        if self._against.witness is not None and report.cosigned is None:
            report.problems.append("the witness has signed none of these checkpoints")

    def _day(self, day: SealedDay, before: SealedDay | None) -> Iterator[str]:
        if day.before != line_before(before):
            yield "does not go on from the day before"
        yield from self._head(day)
        if self._against.digests_only:
            return
        if day.about["day"] != day.folder.name:
            yield f"is the day {day.about['day']} under another name"
        yield from (f"{name!r} was not sealed with the day" for name in day.strangers())
        yield from _content(day)

    def _head(self, day: SealedDay) -> Iterator[str]:
        head, against = day.checkpoint, self._against
        self._origin = self._origin or head.origin
        if head.origin != self._origin:
            yield f"its checkpoint is of {head.origin}, not of {self._origin}"
        if (head.size, head.root) != (self._tree.size, self._tree.root):
            yield "its checkpoint is not that of the days up to it"
        if against.keys and not head.is_signed_by(against.keys):
            yield "none of the keys signed its checkpoint"
        if against.kept is not None and against.kept.size == self._tree.size:
            self._is_kept_found = True
            if against.kept.root != self._tree.root:
                yield "the days up to it are not those of the checkpoint that was kept"
        yield from self._others(day, head)

    def _others(self, day: SealedDay, head: Checkpoint) -> Iterator[str]:
        """The witness's signature and the authority's time stamps."""
        witness, authority = self._against.witness, self._against.authority
        at_s = head.cosigned_at(witness) if witness else None
        if at_s is not None:
            self._report.cosigned = day, at_s
        known = head.strangers(self._against.keys, (witness,) if witness else ())
        self._report.notes += [f"{day.folder}: a signature of {name} was not checked" for name in known]
        if witness and at_s is None and head.signature_of(witness):
            yield "the witness's signature is wrong"
        for path in day.stamps:
            digest_of(path)  # no link, no pipe
            if authority is None:
                self._report.notes.append(f"{path}: was not checked: the authority's certificates are missing")
            else:
                stamped_at(path, head.text, authority)


def _content(day: SealedDay) -> Iterator[str]:
    """Every file as it was sealed, and the tables as long as the day says."""
    about = day.about
    for name in day.files:
        day.path(name)
    shapes = {OBSERVATIONS: table.SHAPES[about["phases"]], HEARTBEATS: table.HEARTBEATS}
    for name, shape in shapes.items():
        count = sum(len(columns[0]) for columns in table.read_columns(day.folder / name, shape))
        wanted = about[name.partition(".")[0]]
        if count != wanted:
            yield f"{name} has {count} rows, and not {wanted}"
    for entry in _lines(day, "register.jsonl"):
        if entry["digest"] != _digest(entry):
            yield f"register.jsonl: entry {entry['number']} was altered after it was made"
    for one in _lines(day, "evidence.jsonl"):
        if one["digest"] != _evidence_digest(one["detail"].encode(), b64decode(one["body"])):
            yield f"evidence.jsonl: number {one['number']} was altered after it was recorded"


def _lines(day: SealedDay, name: str) -> Iterator[dict[str, Any]]:
    with (day.folder / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _digest(entry: dict[str, Any]) -> str:
    # An entry of an earlier version does not say how its actor was known.
    columns = [entry[name] for name in _CHAINED] + [entry[name] for name in ("known_by",) if name in entry]
    return sha256(json.dumps(columns, separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _evidence_digest(detail: bytes, body: bytes) -> str:
    return blake2b(len(detail).to_bytes(8, "big") + detail + body, digest_size=16).hexdigest()
