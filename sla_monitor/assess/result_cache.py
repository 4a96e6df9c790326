"""Cache of results that rest on closed months only, and so never change.

An answer is kept under a digest of everything that it depends on: the months, the terms, what was seen and what was
said. So nothing has ever to be taken back: whoever asks something else asks under another digest. To lose them all
costs time and no figure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, MutableMapping
from functools import cache
from pathlib import Path

import sla_monitor
from sla_monitor.sla.evidence import Evidence

VERSION = 2
"""Of answers that are made of single observations: to be raised when the same observations are to give another one."""

MATHS = ("contract", "periods", "register", "sla", "assess")
"""The rooms that decide what a month comes to."""


def recalled(evidence: Evidence, known: MutableMapping[str, str], question: object, answer: Callable[[], str]) -> str:
    """The answer to a question about time of which everything is in. `known`: what was asked for a moment ago."""
    digest = hashlib.sha256(f"{question!r}".encode("utf-8", "backslashreplace")).hexdigest()
    if digest not in known:
        kept = evidence.worked_out(digest)
        known[digest] = answer() if kept is None else kept
        if kept is None:
            evidence.keep(digest, known[digest])
    return known[digest]


@cache
def program() -> str:
    """A digest of the maths as the program has it. Nobody need remember to raise a number: what a month came to under
    other maths is worked out again."""
    digest, room = hashlib.sha256(), Path(sla_monitor.__file__).parent
    for name in MATHS:
        for file in sorted((room / name).rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
