"""Entries of the register as JSON, as whoever asks may read them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from sla_monitor.contract.contract import Contract
from sla_monitor.document.entries import entry_document
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Entry
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.register_shapes import EntriesJson, EntryJson, FieldProblemJson
from sla_monitor.web.api.service_json import API
from sla_monitor.wording.known_by import describe_known_by
from sla_monitor.wording.text import plain

OUTSIDE = {"note", "reference", "evidence"}
"""Fields of the request that stand beside what is said."""
_REMEDY = re.compile(r"^(.*?)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)$", re.DOTALL)


def entry_address(contract: str, number: int) -> str:
    return f"{API}/contracts/{contract}/entries/{number}"


def entry_json(entry: Entry, contract: Contract, undone_by: int | None = None) -> EntryJson:
    nulls = Nulls()
    return {
        **entry_document(entry, contract),
        "url": entry_address(contract.id, entry.number),
        "known_by": nulls.text(
            "known_by", describe_known_by(entry.known_by), "an earlier version took people at their word"
        ),
        "undone_by": nulls.told("undone_by", undone_by, "it stands"),
        "why_null": nulls.why,
    }


def entries_json(
    contract: Contract, everything: Sequence[Entry], page: Iterable[Entry], following: str | None
) -> EntriesJson:
    """`everything`: the contract's whole register, `page`: what is told of it; `following`: the next page."""
    nulls, undone = Nulls(), effective_entries(everything).undone
    return {
        "contract": contract.id,
        "last_number": everything[-1].number if everything else 0,
        "entries": [entry_json(one, contract, undone.get(one.number)) for one in page],
        "next": nulls.told("next", following, "there is no later entry"),
        "why_null": nulls.why,
    }


def field_problems(lines: Iterable[str], *, is_flat: bool) -> list[FieldProblemJson]:
    """What is wrong with fields, from lines of `field: what is wrong (what would be right)`. `is_flat`: the body has
    them at its top, and not under `said`."""
    return [_problem(line, is_flat=is_flat) for line in lines]


def _problem(line: str, *, is_flat: bool) -> FieldProblemJson:
    field, _, text = line.partition(": ")
    found = _REMEDY.match(text)
    detail, remedy = found.groups() if found else (text, "")
    name = field.replace("~", "~0").replace("/", "~1")
    is_outside = is_flat or field in OUTSIDE
    pointer = f"/{name}" if is_outside else f"/said/{name}" if name else "/said"
    return {"pointer": pointer, "detail": plain(detail), "remedy": plain(remedy)}
