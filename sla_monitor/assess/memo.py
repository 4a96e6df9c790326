"""Answers that a ledger keeps, because they are made of millions of looks that will never change.

An answer is kept under a digest of everything that it depends on: the looks of which endpoints, in which stretches of
time, corrected how, and what was made of them. So nothing has ever to be taken back: who asks something else asks under
another digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Protocol, runtime_checkable

from sla_monitor.assess.parts import MARGIN_MS
from sla_monitor.assess.seen import Evidence

VERSION = 1
"""To be raised when the same looks are to give another answer."""


@runtime_checkable
class Answers(Protocol):
    """An evidence that keeps answers."""

    def worked_out(self, digest: str) -> str | None:
        """The answer to a question; None: nobody has asked it yet."""


@runtime_checkable
class Keeper(Answers, Protocol):
    """One that takes new ones."""

    def keep(self, digest: str, body: str) -> None:
        """Keep an answer."""


def answered_once(evidence: Evidence, question: object, end_ms: int, now_ms: int, answer: Callable[[], str]) -> str:
    """The answer to a question about time up to `end_ms`: kept, once all that was seen of that time is in."""
    if end_ms + MARGIN_MS > now_ms or not isinstance(evidence, Answers):
        return answer()
    digest = hashlib.sha256(f"{VERSION} {question!r}".encode()).hexdigest()
    known = evidence.worked_out(digest)
    if known is not None:
        return known
    made = answer()
    if isinstance(evidence, Keeper):
        evidence.keep(digest, made)
    return made
