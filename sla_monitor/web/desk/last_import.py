"""How the last file of a contract and kind was read, so that the next one is read alike without choosing it again.

It is kept in the record as a file of the last entry that came in by it: who disputes a figure sees how its row was
read, and there is no second store that could be lost, or differ on the other collector of a pair.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from sla_monitor.ledger import HistoryReader
from sla_monitor.register.entries import Entry
from sla_monitor.register.from_file import file_digest, is_from_file
from sla_monitor.register.import_options import OPTIONS, options_of
from sla_monitor.register.importing import ImportSource

NAME = "how-the-file-was-read.txt"
MOST_BYTES = 65_536
FILES_BACK = 5
"""So many files are looked at: those that a command has entered say nothing."""

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class LastImport:
    """`entry`: the last one of the file; `chosen`: options and their values, as `import_source` takes them."""

    entry: int
    chosen: Pairs


def as_text(source: ImportSource) -> bytes:
    """An option a line, as a JSON array of arrays."""
    lines = (json.dumps(pair, ensure_ascii=False) for pair in options_of(source))
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def last_import(
    ledger: Path, entries: Sequence[Entry], undone: Collection[int], kind: str, actor: str
) -> LastImport | None:
    """From a thread. Of somebody's own imports: how the other side reads a file is no default. What was taken back is
    no example. `entries`: ascending. Raises LedgerError and its kinds."""
    seen: dict[str, int] = {}
    for entry in reversed(entries):
        if entry.body.kind == kind and entry.actor == actor and entry.number not in undone and is_from_file(entry):
            seen.setdefault(file_digest(entry.evidence), entry.number)
        if len(seen) == FILES_BACK:
            break
    if not seen:
        return None
    with HistoryReader(ledger) as reader:
        for number in seen.values():
            for one in reversed(reader.attachments(number)):
                if (one.file.name, one.actor) == (NAME, actor) and one.is_here and one.file.size <= MOST_BYTES:
                    chosen = _chosen(reader.kept_file(one.file.digest))
                    return None if chosen is None else LastImport(number, chosen)
    return None


def _chosen(content: bytes) -> Pairs | None:
    """Anybody may attach a file of this name: what is no list of options is none."""
    try:
        pairs = json.loads(content)
        known = [(name, value) for name, value in pairs if name in OPTIONS and isinstance(value, str)]
    except (ValueError, TypeError, RecursionError):
        return None
    return known if len(known) == len(pairs) else None
