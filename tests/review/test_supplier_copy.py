"""The supplier's copy: the figures and their number are the same, and of what is internal there is no trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.contract.load import load_contract
from sla_monitor.evidence.disclosed import DisclosedEvidence
from sla_monitor.evidence.reading import read_evidence
from sla_monitor.evidence.writing import evidence_text
from sla_monitor.review.gathering import Gathered, PackSubject, gathered
from sla_monitor.review.rendering.files import PackRequest, packed
from tests.review.months import BAD, CLAIM, CONTRACT, evidence

INTERNAL = {"kind": "comment", "month": "2026-09", "internal": True}
OPEN = {"kind": "comment", "month": "2026-09", "kpi": "KPI1"}
SECRET = "About comment"


def made(folder: Path, *said: dict[str, Any]) -> tuple[Gathered, Gathered, str]:
    """A month's pack for either party, and the supplier's evidence."""
    contract = load_contract(CONTRACT)
    source = read_evidence(evidence(folder, BAD, said), contract)
    subject = PackSubject(contract, source, "2026-09", source.as_of_ms)
    disclosed = DisclosedEvidence(source, is_redacted=True)
    text = "".join(evidence_text(contract, disclosed, (1_775_000_000_000, source.until_ms), source.as_of_ms))
    return gathered(subject), gathered(subject, "supplier"), text


def text_of(found: Gathered) -> str:
    """The pack as a page, and the same as JSON."""
    _, files = packed(found.case, found.document, PackRequest(["html", "json"]))
    return "".join(content.decode() for content in files.values())


def test_of_an_internal_comment_the_supplier_has_no_trace(tmp_path: Path) -> None:
    ours, theirs, told = made(tmp_path, INTERNAL, {"kind": "undo", "about": 1}, {"kind": "undo", "about": 2})
    assert "Comments on this month" in text_of(ours)
    assert SECRET in text_of(ours)
    assert json.loads(theirs.document)["entries"] == []
    for text in (text_of(theirs), told):
        assert SECRET not in text
        assert "nternal" not in text
    assert json.loads(told)["entries"] == []
    assert ours.case.inputs == theirs.case.inputs


@pytest.mark.parametrize("said", [[OPEN], [CLAIM, {"kind": "comment", "about": 1}]])
def test_a_comment_for_both_is_in_both_packs(tmp_path: Path, said: list[dict[str, Any]]) -> None:
    """Also one on an entry about the month, whenever it was made."""
    for found in made(tmp_path, *said)[:2]:
        assert SECRET in text_of(found)
