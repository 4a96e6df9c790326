"""A pack's renderings, each as the bytes of its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence

from sla_monitor.errors import ReviewError
from sla_monitor.review.blocks import Pack
from sla_monitor.review.case import Case
from sla_monitor.review.csv_tables import csv_files
from sla_monitor.review.html import html
from sla_monitor.review.shelf import MANIFEST

FORMATS = ("html", "pdf", "xlsx", "csv", "json")
EXTRA = "needs libraries that are not installed (install sla-monitor[report], or leave the format out)"

Progress = Callable[[str], None]


def renderings(
    case: Case, whole: Pack, document: str, formats: Sequence[str] = FORMATS, progress: Progress = print
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


def with_manifest(case: Case, made: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files of a pack with its manifest."""
    return {**made, MANIFEST: manifest(case, made)}


def manifest(case: Case, made: Mapping[str, bytes]) -> bytes:
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
        "inputs": case.inputs,
        "head": case.head,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in sorted(made.items())},
    }
    return (json.dumps(said, indent=2, ensure_ascii=False) + "\n").encode()


def _html(_: Case, whole: Pack, __: str) -> dict[str, bytes]:
    return {f"{whole.name}.html": html(whole)}


def _pdf(_: Case, whole: Pack, __: str) -> dict[str, bytes]:
    try:
        from sla_monitor.review.pdf import pdf
    except ImportError:
        raise ReviewError(f"pdf {EXTRA}") from None
    return {f"{whole.name}.pdf": pdf(whole)}


def _xlsx(case: Case, whole: Pack, _: str) -> dict[str, bytes]:
    try:
        from sla_monitor.review.sheet.workbook import xlsx
    except ImportError:
        raise ReviewError(f"xlsx {EXTRA}") from None
    return {f"{whole.name}.xlsx": xlsx(case, whole)}


def _csv(_: Case, whole: Pack, __: str) -> dict[str, bytes]:
    return csv_files(whole)


def _json(_: Case, whole: Pack, document: str) -> dict[str, bytes]:
    return {f"{whole.name}.json": document.encode()}


RENDERERS: dict[str, Callable[[Case, Pack, str], dict[str, bytes]]] = {
    "html": _html,
    "pdf": _pdf,
    "xlsx": _xlsx,
    "csv": _csv,
    "json": _json,
}
