"""Which entries count only once somebody else has said so."""

from __future__ import annotations

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import Strict
from sla_monitor.contract.terms import Terms
from sla_monitor.register.entries import Claim, Correction, Dispute, Maintenance

DECIDABLE = (Maintenance, Claim, Correction, Dispute)
"""What a decision may be about."""


def asks_for_decision(said: Strict, contract: Contract) -> bool:
    """Whether an entry waits for a decision, by the terms in force when what it speaks of began.

    A claim and a dispute always do, and a booking where the terms of maintenance of one of its services ask for one. A
    correction of what the monitor saw does where the contract asks for four eyes; elsewhere it stands by itself.
    """
    if isinstance(said, Claim | Dispute):
        return True
    if isinstance(said, Maintenance):
        return _is_approved(said, contract.version_at(said.start_ms).terms)
    return isinstance(said, Correction) and contract.version_at(said.start_ms).terms.relief.four_eyes


def _is_approved(booking: Maintenance, terms: Terms) -> bool:
    meant = [service for service in terms.services if not booking.services or service.id in booking.services]
    asked = [terms.maintenance_of(service).approval for service in meant] or [terms.maintenance.approval]
    return "decision" in asked
