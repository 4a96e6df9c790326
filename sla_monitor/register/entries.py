"""The kinds of entry that the register takes: what somebody said, when, and where the supporting documents are.

An entry is never edited. To undo one, add an `undo`; a later ticket with the same id, a later figure of the same party
for the same KPI and month, or a later outage list for the same time and services, stands in place of the earlier one
(sla_monitor.register.effective).

To add a kind: its class in `register/kinds/`, and its name in `EntryBody` (docs/how-to/add-a-register-kind.md).
"""

from __future__ import annotations

from typing import Annotated, get_args

from pydantic import Field, StringConstraints

from sla_monitor.contract.fields import Identifier, Strict
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.acknowledgement import Acknowledgement
from sla_monitor.register.kinds.claim import Claim
from sla_monitor.register.kinds.comment import Comment
from sla_monitor.register.kinds.correction import Correction
from sla_monitor.register.kinds.countersignature import Countersigned
from sla_monitor.register.kinds.credit_claim import CreditClaim
from sla_monitor.register.kinds.decision import Decision, Undo
from sla_monitor.register.kinds.dispute import Dispute
from sla_monitor.register.kinds.earn_back import EarnedBackEntry
from sla_monitor.register.kinds.failure_cause import FailureCause
from sla_monitor.register.kinds.figure import ReportedFigure
from sla_monitor.register.kinds.impact import Impact
from sla_monitor.register.kinds.kind import EntryKind
from sla_monitor.register.kinds.maintenance import Maintenance
from sla_monitor.register.kinds.meeting import Done, MeetingAction, Minute
from sla_monitor.register.kinds.misreport import Misreported
from sla_monitor.register.kinds.obligation import ObligationExcused, ObligationMet
from sla_monitor.register.kinds.occurrence import Occurred
from sla_monitor.register.kinds.outage_list import ListedOutage, OutageList
from sla_monitor.register.kinds.parts import Line, Month, Number, Text, Timed
from sla_monitor.register.kinds.recovery import CreditInvoiced, CreditNotified, CreditSettled, CreditWrittenOff
from sla_monitor.register.kinds.sign_off import SignOff
from sla_monitor.register.kinds.terms_change import TermsApproved, TermsProposed, TermsRejected, TermsWithdrawn
from sla_monitor.register.kinds.ticket import ClockStop, TicketRecord
from sla_monitor.register.kinds.underpinning import Underpinning
from sla_monitor.register.kinds.waiver import Waiver

__all__ = [
    "KINDS",
    "Acknowledgement",
    "Claim",
    "ClockStop",
    "Comment",
    "Correction",
    "Countersigned",
    "CreditClaim",
    "CreditInvoiced",
    "CreditNotified",
    "CreditSettled",
    "CreditWrittenOff",
    "Decision",
    "Dispute",
    "Done",
    "EarnedBackEntry",
    "Entry",
    "EntryBody",
    "FailureCause",
    "Impact",
    "ListedOutage",
    "Maintenance",
    "MeetingAction",
    "Minute",
    "Misreported",
    "Month",
    "ObligationExcused",
    "ObligationMet",
    "Occurred",
    "OutageList",
    "ReportedFigure",
    "SignOff",
    "TermsApproved",
    "TermsProposed",
    "TermsRejected",
    "TermsWithdrawn",
    "TicketRecord",
    "Timed",
    "Underpinning",
    "Undo",
    "Waiver",
]  # fmt: skip

EntryBody = Annotated[
    Maintenance
    | Claim
    | Decision
    | ReportedFigure
    | TicketRecord
    | Occurred
    | Misreported
    | Correction
    | Impact
    | Dispute
    | OutageList
    | Waiver
    | FailureCause
    | Underpinning
    | EarnedBackEntry
    | CreditClaim
    | CreditNotified
    | CreditInvoiced
    | CreditSettled
    | CreditWrittenOff
    | ObligationMet
    | ObligationExcused
    | SignOff
    | Countersigned
    | Minute
    | MeetingAction
    | Done
    | Acknowledgement
    | Comment
    | TermsProposed
    | TermsApproved
    | TermsRejected
    | TermsWithdrawn
    | Undo,
    Field(discriminator="kind"),
]
"""What an entry says."""

KINDS: dict[str, type[EntryKind]] = {
    kind.model_fields["kind"].default: kind for kind in get_args(get_args(EntryBody)[0])
}
"""Every kind of entry, by its name."""


class Entry(Strict):
    """One entry. `number` counts from 1 within a ledger and never changes."""

    number: Number = Field(description="By which others speak of it.")
    at_ms: Instant = Field(alias="at", description="When it was entered.")
    actor: Line = Field(description="Who entered it.")
    known_by: Line | None = Field(
        None, description="How the program knew who it is; left out: by an earlier version, which took people's word."
    )
    contract: Identifier = Field(description="The id of the contract.")
    reference: Annotated[str, StringConstraints(max_length=200)] = Field(
        "", description="A number in somebody's files."
    )
    evidence: Annotated[str, StringConstraints(max_length=1000)] = Field(
        "", description="Where the supporting documents are."
    )
    note: Text = Field("", description="Why, in words.")
    body: EntryBody = Field(alias="said", description="The statement, by kind.")
