"""The register as far as it was read and held against the chain: once for all readers of a process."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.chaining.register_chain import LAST, check_register, read
from sla_monitor.register.entries import Entry

NOTHING = (0, "")
"""Number and digest of the last entry where there is none."""
_DIGEST = "select digest from register where number = ?"


@dataclass
class KnownEntries:
    """What is known of one ledger's register, for any thread, one at a time.

    An entry is read once, and held against the chain once: later ones prove by their digests that all before them is as
    it was. A contract's entries are read when somebody asks for them, those of others are only checked.
    """

    _entries: dict[str, tuple[int, tuple[Entry, ...]]] = field(default_factory=dict)
    """By contract: up to which number of the register it was read, and what was found."""
    _checked: tuple[int, str] = NOTHING
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def has(self, contract: str) -> bool:
        """Whether a contract's entries were read before: what is new since then is read in no time."""
        return contract in self._entries

    def of(
        self, path: Path, contracts: Collection[str], proving: Callable[[], AbstractContextManager[Proof]]
    ) -> Mapping[str, tuple[Entry, ...]]:
        """The entries of contracts at one moment, ascending; the same object while none was added. `proving`: begins
        to read one state of the record, which is not older than what is known. Raises LedgerError and its kinds."""
        with self._lock, proving() as proof:
            connection = proof.connection
            last: tuple[int, str] = connection.execute(LAST).fetchone() or NOTHING
            if not self._is_as_checked(connection):
                self._entries, self._checked = {}, NOTHING
            found = {contract: self._read(path, connection, contract, last[0]) for contract in contracts}
            if last != self._checked:
                check_register(path, proof, contracts, self._checked[0])
            self._checked = last
            self._entries |= {contract: (last[0], entries) for contract, entries in found.items()}
            return found

    def _is_as_checked(self, connection: sqlite3.Connection) -> bool:
        """Whether what was checked last is still there: a backup that was put back may lack it."""
        number, digest = self._checked
        return not number or connection.execute(_DIGEST, (number,)).fetchone() == (digest,)

    def _read(self, path: Path, connection: sqlite3.Connection, contract: str, last: int) -> tuple[Entry, ...]:
        read_to, known = self._entries.get(contract, (0, ()))
        if read_to == last:
            return known
        new = read(path, connection, contract, read_to)
        return (*known, *new) if new else known
