"""The JSON of an assessment, part by part: what each key means stands below it, and how it is filled below that.

The JSON Schema and the page about the format are made from here.
"""

from __future__ import annotations

from sla_monitor.document.comparison import ComparisonDocument, comparison_document
from sla_monitor.document.reconciled import ReconciliationDocument, reconciliation_document
from sla_monitor.document.whole import AssessmentJson, Inputs, document, document_text, figures_digest

__all__ = [
    "AssessmentJson",
    "ComparisonDocument",
    "Inputs",
    "ReconciliationDocument",
    "comparison_document",
    "document",
    "document_text",
    "figures_digest",
    "reconciliation_document",
]
