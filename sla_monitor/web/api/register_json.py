"""Entries of the register as JSON, as whoever asks may read them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from sla_monitor.contract.contract import Contract
from sla_monitor.document.entries import entry_document
from sla_monitor.ledger.recording.attached_files import Attachment
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import format_utc
from sla_monitor.remedies import with_ways
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.register_shapes import (
    AttachmentsJson,
    EntriesJson,
    EntryJson,
    FieldProblemJson,
)
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
            "known_by", describe_known_by(entry.known_by), "an earlier version, or an import, took it as it was said"
        ),
        "undone_by": nulls.told("undone_by", undone_by, "it stands"),
        "why_null": nulls.why,
    }


def entries_json(
    contract: Contract, last: int, page: Iterable[Entry], undone: Mapping[int, int], following: str | None
) -> EntriesJson:
    """`last`: the contract's last entry; `page`: what is told; `undone`: by which entry each that was taken back;
    `following`: the next page."""
    nulls = Nulls()
    return {
        "contract": contract.id,
        "last_number": last,
        "entries": [entry_json(one, contract, undone.get(one.number)) for one in page],
        "next": nulls.told("next", following, "there is no later entry"),
        "why_null": nulls.why,
    }


def attachments_json(contract: str, entry: int, several: Iterable[Attachment]) -> AttachmentsJson:
    address = f"{entry_address(contract, entry)}/attachments"
    return {
        "contract": contract,
        "entry": entry,
        "attachments": [
            {
                "url": f"{address}/{one.file.digest}",
                "name": one.file.name,
                "media_type": one.file.media_type,
                "sha256": one.file.digest,
                "size": one.file.size,
                "at": format_utc(one.at_ms),
                "actor": plain(one.actor),
                "is_here": one.is_here,
            }
            for one in several
        ],
    }


def line_problems(wrong: Iterable[tuple[int, str]], ways: Mapping[str, str]) -> list[FieldProblemJson]:
    """What is wrong with the lines of a file: each with `field: what is wrong (what would be right)`, or without a
    field. `ways`: how each remedy is given."""
    found: list[FieldProblemJson] = []
    for line, text in wrong:
        field, colon, what = text.partition(": ")
        is_field = bool(colon) and field.isidentifier()
        detail, remedy = with_remedy(with_ways(what if is_field else text, ways))
        pointer = f"/{line}/{field}" if is_field else f"/{line}"
        found.append({"pointer": pointer, "detail": plain(detail), "remedy": plain(remedy)})
    return found


def field_problems(lines: Iterable[str], *, is_flat: bool) -> list[FieldProblemJson]:
    """What is wrong with fields, from lines of `field: what is wrong (what would be right)`. `is_flat`: the body has
    them at its top, and not under `said`."""
    return [_problem(line, is_flat=is_flat) for line in lines]


def with_remedy(text: str) -> tuple[str, str]:
    """`what is wrong (what would be right)` in its two parts; the second one may be empty."""
    found = _REMEDY.match(text)
    return (found[1], found[2]) if found else (text, "")


def _problem(line: str, *, is_flat: bool) -> FieldProblemJson:
    field, _, text = line.partition(": ")
    detail, remedy = with_remedy(text)
    name = field.replace("~", "~0").replace("/", "~1")
    is_outside = is_flat or field in OUTSIDE
    pointer = f"/{name}" if is_outside else f"/said/{name}" if name else "/said"
    return {"pointer": pointer, "detail": plain(detail), "remedy": plain(remedy)}
