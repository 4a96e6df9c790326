"""Files that are kept in the record, each content once, by its SHA-256; and which terms were put in force when.

Whoever may write the ledger adds to them, also beside a daemon that records, as to the register.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sla_monitor.contract.terms_files import KeptTerms, TermsFiles, TermsPart, digest_of
from sla_monitor.errors import LedgerError
from sla_monitor.ledger.chaining.links import append
from sla_monitor.ledger.chaining.proof import Proof
from sla_monitor.ledger.connect import PATIENCE_SECONDS, immediate
from sla_monitor.ledger.opening import appending

_KNOWN = "select id from kept_files where digest = ?"
_NEXT = "select ifnull(max(id), 0) + 1 from {}"
_ADD_FILE = "insert into kept_files values (?, ?, ?, ?)"
_ADD_TERMS = "insert into terms_in_force values (?, ?, ?, ?, ?, ?, ?)"
_FILE = "select id, body from kept_files where digest = ?"


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """Terms that the daemon put in force at `at_ms`; without a digest and files: from then on it watched the contract
    no more. `path`: where their file was; `approval`: the number of the entry that approved them, 0: none."""

    number: int
    at_ms: int
    contract: str
    digest: str
    parts: tuple[TermsPart, ...]
    path: Path
    approval: int = 0


def kept_rows(connection: sqlite3.Connection, contents: Mapping[str, bytes]) -> list[tuple[Any, ...]]:
    """Put contents, by digest, into the transaction that is open; the rows of those that are new, as they are
    chained."""
    added: list[tuple[Any, ...]] = []
    for digest, body in contents.items():
        if connection.execute(_KNOWN, (digest,)).fetchone() is None:
            (number,) = connection.execute(_NEXT.format("kept_files")).fetchone()
            connection.execute(_ADD_FILE, (number, digest, len(body), body))
            added.append((number, digest, len(body)))
    return added


def keep_files(path: Path, contents: Mapping[str, bytes], at_ms: int) -> None:
    """Keep contents, by digest, by themselves. Raises LedgerError and its kinds."""
    with appending(path, PATIENCE_SECONDS) as database, immediate(database.conn):
        append(database.conn, at_ms, {"kept_files": kept_rows(database.conn, contents)})


def record_in_force(path: Path, contract: str, files: TermsFiles | None, at_ms: int, approval: int = 0) -> None:
    """Put on record that these terms are in force from now on; None: none of the contract are. Raises LedgerError and
    its kinds."""
    with appending(path, PATIENCE_SECONDS) as database, immediate(database.conn):
        connection = database.conn
        kept = [] if files is None else kept_rows(connection, files.by_digest)
        (number,) = connection.execute(_NEXT.format("terms_in_force")).fetchone()
        parts = {} if files is None else {part.name: part.digest for part in files.parts}
        digest, place = ("", "") if files is None else (files.digest, str(files.path.absolute()))
        row = number, at_ms, contract, digest, _json(parts), place, approval
        connection.execute(_ADD_TERMS, row)
        append(connection, at_ms, {"kept_files": kept, "terms_in_force": [row]})


def terms_in_force(proof: Proof) -> list[TermsInForce]:
    """Every change of the terms of every contract, ascending. Raises LedgerDamaged."""
    return [_of_row(row) for row in proof.whole("terms_in_force")]


def kept_file(proof: Proof, digest: str) -> bytes | None:
    """A file's content by its digest; None: it was never kept. Raises LedgerDamaged."""
    row = proof.connection.execute(_FILE, (digest,)).fetchone()
    if row is None:
        return None
    number, body = row
    told = proof.keyed("kept_files", [number]).get(number)
    if told is None or told[1] != digest or digest_of(body) != digest:
        raise proof.refused(f"kept file {number} ({digest[:12]}) is not as it was put into the record")
    return bytes(body)


def kept_terms(proof: Proof, parts: Iterable[TermsPart], path: Path) -> KeptTerms:
    """The files of terms that are kept. Raises LedgerError for one that is not, and LedgerDamaged."""
    files: dict[str, bytes] = {}
    for part in parts:
        content = kept_file(proof, part.digest)
        if content is None:
            raise LedgerError(
                f"the ledger does not have {part.name} {part.digest[:12]} (propose the terms again; where the other"
                " collector of a pair holds it, it comes by itself while both run)"
            )
        files[part.name] = content
    return KeptTerms(path, files)


def _of_row(row: Sequence[Any]) -> TermsInForce:
    number, at_ms, contract, digest, parts, path, approval = row
    named = tuple(TermsPart(name, each) for name, each in json.loads(parts).items())
    return TermsInForce(number, at_ms, contract, digest, named, Path(path), approval)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
