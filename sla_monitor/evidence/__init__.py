"""What was seen and said, as one file that both sides can work a month out from: read, checked, written."""

from __future__ import annotations

from sla_monitor.evidence.digest import evidence_digest
from sla_monitor.evidence.file_evidence import FileEvidence
from sla_monitor.evidence.reading import read_evidence
from sla_monitor.evidence.writing import evidence_text

__all__ = ["FileEvidence", "evidence_digest", "evidence_text", "read_evidence"]
