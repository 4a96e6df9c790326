"""The supplier's copy: the same figures, without what the authority wrote for itself."""

from __future__ import annotations

from dataclasses import replace

from sla_monitor.assess.assessment import ContractAssessment
from sla_monitor.register.redaction import redacted, shared


def for_supplier(one: ContractAssessment) -> ContractAssessment:
    """The assessment with each entry as both sides know it."""
    restated = one.restatement
    if restated is not None:
        restated = replace(restated, signed=redacted(restated.signed))
    entries, pending = map(shared, (one.entries, one.pending))
    return replace(one, entries=entries, pending=pending, restatement=restated)
