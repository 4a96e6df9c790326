"""The parts that every kind of pack shares: owner, status, and the assessment behind it."""

from __future__ import annotations

from collections.abc import Iterable

from sla_monitor.review.blocks import Pack, Section
from sla_monitor.review.chapters.cover import cover, status
from sla_monitor.review.pack_input import PackInput

DIGEST_SHOWN = 16


def bound(case: PackInput, name: str, subtitle: str, about: str, sections: Iterable[Section]) -> Pack:
    """A pack with its cover. `name` comes after the contract's; `about` is told along the top of every page."""
    one = case.assessment
    title, word = one.title or one.contract, status(case)[0].removesuffix(".")
    digest = f" · {case.digest[:DIGEST_SHOWN]}" if case.digest else ""
    return Pack(
        name=f"{one.contract}-{name}",
        title=title,
        subtitle=subtitle,
        header=f"{title} · {about} · {word}{digest}",
        status=word,
        digest=case.digest,
        cover=cover(case),
        sections=tuple(sections),
    )
