"""The pack as PDF: tagged, with its text selectable, and the same bytes for the same pack on any machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import typst

from sla_monitor.review.blocks import Pack, Section
from sla_monitor.review.rendering.heights import is_kept_whole
from sla_monitor.wording.text import breakable

FONT = "Libertinus Serif"


def pdf(pack: Pack) -> bytes:
    """The document as PDF/UA-1, which is PDF for everybody. Where a supplier's text has letters that no font of ours
    can show, it is tagged PDF all the same, without the claim: the standard forbids letters that cannot be seen."""
    source = files("sla_monitor.review").joinpath("templates/pack.typ").read_bytes()
    inputs = {"pack": json.dumps(_document(pack), ensure_ascii=False)}
    try:
        return typst.compile(source, font_paths=_fonts(), sys_inputs=inputs, pdf_standards="ua-1")
    except typst.TypstError:
        return typst.compile(source, font_paths=_fonts(), sys_inputs=inputs, pdf_standards="1.7")


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Only the fonts that the library carries: those of the machine would change the bytes."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)


def _document(pack: Pack) -> dict[str, Any]:
    return asdict(replace(pack, cover=(), sections=())) | {
        "cover": [_block(asdict(block)) for block in pack.cover],
        "sections": list(map(_section, pack.sections)),
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": _soft(section.title),
        "blocks": [_block(asdict(block)) for block in section.blocks],
        "sections": list(map(_section, section.sections)),
        "is_wide": section.is_wide,
        "own_page": section.own_page,
        "is_whole": is_kept_whole(section),
    }


def _block(block: dict[str, Any]) -> dict[str, Any]:
    if block["kind"] == "picture":
        drawn = block["svg"].replace("<svg ", f'<svg font-family="{FONT}" ', 1)
        return block | {"svg": drawn, "title": _soft(block["title"])}
    return {key: _broken(value) for key, value in block.items()}


def _broken(value: Any) -> Any:
    """Texts with places to break long words at; numbers as they are, in their text."""
    if isinstance(value, str):
        return _soft(value)
    if isinstance(value, dict):
        keeps = value.get("tone") == "code"  # a digest is one word, for whoever copies it
        return {key: inner if keeps or key == "tone" else _broken(inner) for key, inner in _shown(value)}
    if isinstance(value, list | tuple):
        return [_broken(one) for one in value]
    return value


def _shown(cell: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in cell.items() if key not in {"value", "moments"})


def _soft(text: str) -> str:
    """A text whose long words may be broken: a zero-width space stands where."""
    return "\u200b".join(breakable(text))
