"""Reads an evidence file: nothing is taken on trust, and all mistakes are reported at once.

Python's own JSON reader, not pydantic's: a number with a point stays exact, and a key that is given twice is refused
where pydantic would take the last.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import time_zones
from sla_monitor.errors import EvidenceError
from sla_monitor.evidence.document import EvidenceDocument
from sla_monitor.evidence.file_evidence import FileEvidence
from sla_monitor.evidence.mistakes import format_mistakes, mistakes
from sla_monitor.evidence.rules import disagreements

SIZE_LIMIT = 1 << 30
"""Bytes of one file."""
NUMBER_LIMIT = 30
"""Digits of a number, and its largest power of ten."""


def read_evidence(path: Path, contract: Contract) -> FileEvidence:
    """The evidence of one contract. Raises EvidenceError with every problem of the file."""
    return evidence_of(read_document(path, contract), contract)


@dataclass(frozen=True, slots=True)
class Spelled:
    """What a file spells, before anything of it is believed. `name`: what it is called in what is told of it;
    `digest`: SHA-256 of its bytes, in hex."""

    name: str
    values: Any
    digest: str

    @property
    def contract(self) -> str:
        """The contract that it says it is about. Raises EvidenceError."""
        named = self.values.get("contract") if isinstance(self.values, dict) else None
        if isinstance(named, str):
            return named
        raise EvidenceError([f"{self.name}: $.contract: is missing (is this an evidence file?)"])


def read_document(path: Path, contract: Contract) -> EvidenceDocument:
    """The file, checked in itself and against the contract. Raises EvidenceError."""
    return checked(spelled(path), contract)


def checked(file: Spelled, contract: Contract) -> EvidenceDocument:
    """The same of a file that was read already."""
    name, values = file.name, file.values
    zone = _zone(values) or contract.time_zone
    try:
        document = EvidenceDocument.model_validate(values, context={"zone": zone})
    except ValidationError as error:
        raise EvidenceError(format_mistakes(name, mistakes(error, EvidenceDocument, values))) from None
    problems = list(disagreements(document, contract))
    if problems:
        raise EvidenceError(format_mistakes(name, problems))
    return document


def evidence_of(document: EvidenceDocument, contract: Contract) -> FileEvidence:
    return FileEvidence(document, contract)


def spelled(path: Path) -> Spelled:
    """What a file spells, with exact numbers. Raises EvidenceError."""
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise EvidenceError([f"{path}: cannot be read: {why} (check the path and its permissions)"]) from None
    if len(content) > SIZE_LIMIT:
        raise EvidenceError([f"{path}: is larger than 1 GiB (export fewer months)"])
    return spelled_content(content, str(path))


def spelled_content(content: bytes, name: str) -> Spelled:
    """The same of a file's content. Raises EvidenceError."""
    try:
        values = json.loads(
            content.decode("utf-8-sig"),
            parse_float=_number,
            parse_int=_number,
            parse_constant=_refused,
            object_pairs_hook=_once,
        )
    except json.JSONDecodeError as error:
        raise EvidenceError([f"{name}:{error.lineno}:{error.colno}: is not JSON: {error.msg}"]) from None
    except UnicodeDecodeError:
        raise EvidenceError([f"{name}: is not UTF-8 text (save the file as UTF-8)"]) from None
    except RecursionError:
        raise EvidenceError([f"{name}: is nested too deep (see the format's page)"]) from None
    except _RefusedNumber as refused:
        raise EvidenceError([f"{name}: {refused}"]) from None
    return Spelled(name, values, sha256(content).hexdigest())


class _RefusedNumber(ValueError):  # noqa: N818 - never leaves this module
    """JSON that is no evidence."""


def _number(text: str) -> int | Decimal:
    if len(text) <= NUMBER_LIMIT:
        number = Decimal(text)
        if text.lstrip("-").isdigit():
            return int(text)
        if not number or abs(number.adjusted()) <= NUMBER_LIMIT:
            return number
    raise _RefusedNumber(f"a number has more than {NUMBER_LIMIT} digits: {text[:NUMBER_LIMIT]}… (write it as text)")


def _refused(text: str) -> NoReturn:
    raise _RefusedNumber(f"{text} is no number (leave the key out where there is none)")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise _RefusedNumber(f"the key {double[:63]!r} is given twice in one object (keep one)")
    return values


def _zone(values: Any) -> ZoneInfo | None:
    """In which local times are told; a zone that is none is found by the model."""
    name = values.get("zone") if isinstance(values, dict) else None
    return ZoneInfo(name) if isinstance(name, str) and name in time_zones() else None
