"""The parts that every kind of pack shares: owner, status, and the assessment behind it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sla_monitor.review.blocks import Block, Pack, Section
from sla_monitor.review.chapters.cover import notices, status
from sla_monitor.review.pack_input import PackInput

DIGEST_SHOWN = 16


@dataclass(frozen=True, slots=True)
class Titles:
    """`name` comes after the contract's; `about` is told along the top of every page."""

    name: str
    subtitle: str
    about: str


def bound(case: PackInput, titles: Titles, first_page: Iterable[Block], sections: Iterable[Section]) -> Pack:
    """A pack; how final it is stands first on its first page."""
    one = case.assessment
    title, word = one.title or one.contract, status(case)[0].removesuffix(".")
    digest = f" · {case.digest[:DIGEST_SHOWN]}" if case.digest else ""
    return Pack(
        name=f"{one.contract}-{titles.name}",
        title=title,
        subtitle=titles.subtitle,
        parties=f"{one.authority} and {one.supplier}",
        header=f"{title} · {titles.about} · {word}{digest}",
        status=word,
        digest=case.digest,
        cover=(*notices(case), *first_page),
        sections=tuple(sections),
    )
