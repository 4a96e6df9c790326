"""A pack as plain text, so that a change of what it says is read in a review of the change."""

from __future__ import annotations

from collections.abc import Iterator

from sla_monitor.review.blocks import Block, Facts, Notice, Pack, Picture, Prose, Section, TextLines


def text_of(pack: Pack) -> str:
    head = [pack.title, pack.subtitle, pack.header.replace(pack.digest[:16], "DIGEST")]
    body = [line for one in pack.cover for line in block(one)]
    body += [line for one in pack.sections for line in section(one, 1)]
    return "\n".join(head + body).replace(pack.digest, "DIGEST") + "\n"


def section(one: Section, level: int) -> Iterator[str]:
    yield f"\n{'#' * level} {one.title}"
    for each in one.blocks:
        yield from block(each)
    for inner in one.sections:
        yield from section(inner, level + 1)


def block(one: Block) -> Iterator[str]:
    if isinstance(one, Facts):
        yield from (f"{name}: {cell.mark} {cell.text}".replace(":  ", ": ") for name, cell in one.items)
    elif isinstance(one, Prose):
        yield from [one.caption] if one.caption else []
        yield from one.lines
    elif isinstance(one, Notice):
        yield f"[{one.tone}] {one.text}"
    elif isinstance(one, Picture):
        yield f"({one.title}: {one.description})"
    elif isinstance(one, TextLines):
        yield " / ".join(one.labels)
    else:
        yield f"\n{one.caption}{'' if one.rows else f': {one.empty}'}"
        yield from (" | ".join(f"{cell.mark} {cell.text}".strip() for cell in row) for row in one.rows)
