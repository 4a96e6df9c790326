"""A pack's renderings, each as the bytes of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sla_monitor.errors import ReviewError
from sla_monitor.review.blocks import Pack
from sla_monitor.review.claim_document import claim_pack
from sla_monitor.review.first_failures import outages_file
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.notice import notice_file, rated_months
from sla_monitor.review.pack_input import Handed, PackInput
from sla_monitor.review.pack_store import MANIFEST
from sla_monitor.review.recalculated import as_manifest
from sla_monitor.review.rendering.csv_tables import csv_files
from sla_monitor.review.rendering.html import html
from sla_monitor.review.roll_up import roll_up

FORMATS = ("html", "pdf", "xlsx", "csv", "json")
EXTRA = "needs libraries that are not installed (install sla-monitor[report], or leave the format out)"
OUTAGES = "Outages, and what the first failed probe of each endpoint found"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PackRequest:
    """Which renderings, of how many months or of which KPI's claim."""

    formats: Sequence[str] = FORMATS
    months: int = 1
    claim: str | None = None


def packed(
    case: PackInput, document: str, wanted: PackRequest, progress: Progress = lambda _: None
) -> tuple[Pack, dict[str, bytes]]:
    """The pack that is wanted, and its files but for the manifest. `document` is the assessment in JSON."""
    outages = outages_file(case, wanted.claim) if "json" in wanted.formats and wanted.months == 1 else None
    if wanted.claim is not None and outages is not None:  # its certificate names what goes with it
        case = replace(
            case, handed=(*case.handed, Handed("outages.json", OUTAGES, hashlib.sha256(outages).hexdigest()))
        )
    whole = _whole(case, wanted)
    files = renderings(case, whole, document, wanted.formats, progress)
    if outages is not None:
        files[f"{whole.name}-outages.json"] = outages
    if wanted.claim is None and "json" in wanted.formats:
        files[f"{whole.name}-notice.json"] = notice_file(case, rated_months(case, wanted.months))
    return whole, files


def _whole(case: PackInput, wanted: PackRequest) -> Pack:
    if wanted.claim is not None:
        return claim_pack(case, wanted.claim)
    return pack(case) if wanted.months == 1 else roll_up(case, wanted.months)


def renderings(
    case: PackInput, whole: Pack, document: str, formats: Sequence[str] = FORMATS, progress: Progress = print
) -> dict[str, bytes]:
    """Every file of a pack by its name, but for the manifest. `document` is the assessment in JSON.

    Raises ReviewError where a library that a format needs is missing.
    """
    made: dict[str, bytes] = {}
    for name in FORMATS:
        if name in formats:
            progress(name)
            made |= RENDERERS[name](case, whole, document)
    return made


def with_manifest(case: PackInput, made: Mapping[str, bytes], **more: Any) -> dict[str, bytes]:
    """The files of a pack with its manifest, in which `more` is told too."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in made.items()}
    return {**made, MANIFEST: manifest(case, digests, **more)}


def manifest(case: PackInput, digests: Mapping[str, str], **more: Any) -> bytes:
    """What the pack is and what is in it, by digest: it shows whether a file was changed afterwards. Its head of the
    chain shows whether the record was."""
    said = {
        "format": "sla-monitor-review",
        "version": 1,
        "contract": case.assessment.contract,
        "month": case.month,
        "status": case.assessment.status,
        "register_number": case.assessment.register_number,
        "copy": case.copy,
        "program": case.program,
        "assessment_sha256": case.digest,
        "figures_sha256": case.figures_digest,
        "inputs": case.inputs,
        "head": case.head,
        "record": case.retention.as_manifest(),
        **as_manifest(case.recalculated),
        **more,
        "files": dict(sorted(digests.items())),
    }
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def _html(_: PackInput, whole: Pack, __: str) -> dict[str, bytes]:
    return {f"{whole.name}.html": html(whole)}


def _pdf(_: PackInput, whole: Pack, __: str) -> dict[str, bytes]:
    try:
        from sla_monitor.review.rendering.pdf import pdf
    except ImportError:
        raise ReviewError(f"pdf {EXTRA}") from None
    return {f"{whole.name}.pdf": pdf(whole)}


def _xlsx(case: PackInput, whole: Pack, _: str) -> dict[str, bytes]:
    try:
        from sla_monitor.review.rendering.sheet.workbook import xlsx
    except ImportError:
        raise ReviewError(f"xlsx {EXTRA}") from None
    return {f"{whole.name}.xlsx": xlsx(case, whole)}


def _csv(_: PackInput, whole: Pack, __: str) -> dict[str, bytes]:
    return csv_files(whole)


def _json(_: PackInput, whole: Pack, document: str) -> dict[str, bytes]:
    return {f"{whole.name}.json": document.encode()}


RENDERERS: dict[str, Callable[[PackInput, Pack, str], dict[str, bytes]]] = {
    "html": _html,
    "pdf": _pdf,
    "xlsx": _xlsx,
    "csv": _csv,
    "json": _json,
}
