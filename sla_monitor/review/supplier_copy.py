"""The supplier's copy: the same figures, without what is the authority's alone."""

from __future__ import annotations

from dataclasses import replace

from sla_monitor.assess.assessment import ContractAssessment
from sla_monitor.register.redaction import disclosed, redacted


def for_supplier(one: ContractAssessment) -> ContractAssessment:
    """The assessment with each entry as both sides know it."""
    restated = one.restatement
    if restated is not None:
        restated = replace(restated, signed=redacted(restated.signed))
    entries, pending = disclosed(one.entries), disclosed(one.pending)
    return replace(one, entries=entries, pending=pending, restatement=restated)
