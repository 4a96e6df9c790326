"""What came from one file: how an entry names the file that it is from, and the entries that name the same."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

from sla_monitor.register.entries import Entry

_NAMED = re.compile(r", SHA-256 ([0-9a-f]{64})$")
IN_FILES = frozenset({"ticket", "figure", "credit_invoiced"})
"""Kinds of which a file has many: each row is an entry."""


def named_file(name: str, content: bytes) -> str:
    """By which a file can be known again: the evidence of an entry that is from it ends with this."""
    return f"{name}, SHA-256 {sha256(content).hexdigest()}"


def file_digest(evidence: str) -> str:
    """The digest of the file that an entry is from; empty: it names none."""
    found = _NAMED.search(evidence)
    return found[1] if found else ""


def is_from_file(entry: Entry) -> bool:
    """Whether an entry is a row of a file that it names."""
    return entry.body.kind in IN_FILES and bool(file_digest(entry.evidence))


def from_one_file(said: Iterable[Entry], undone: Iterable[int], number: int) -> list[Entry]:
    """The entries that were not taken back and are from the same file as an entry, ascending; none where that one was
    taken back, or is from no file. Those that a later file replaced are among them: taken back with the others, they
    do not come back when that one is."""
    gone = frozenset(undone)
    several = [one for one in said if one.number not in gone and is_from_file(one)]
    digest = next((file_digest(one.evidence) for one in several if one.number == number), "")
    return [one for one in several if file_digest(one.evidence) == digest]
