"""The JSON of proposed terms, of what they change, and of which were in force when."""

from __future__ import annotations

from collections.abc import Sequence

from typing_extensions import TypedDict

from sla_monitor.assess.proposed_terms import ChangedTerms, TermsEffect
from sla_monitor.document.comparison import ComparisonDocument, comparison_document
from sla_monitor.ledger.recording.kept_files import TermsInForce
from sla_monitor.register.instant import format_utc
from sla_monitor.register.terms_history import Proposal, TermsHistory


class TermPart(TypedDict):
    """One term that is another; an empty text: there is nothing."""

    what: str
    """Where in the terms, in words."""
    was: str
    """What it says by the terms before."""
    now: str
    """What it is to say."""


class ChangedPart(TypedDict):
    """What two contracts say differently in a stretch of time; null: without a beginning, or an end."""

    start: str | None
    """Its beginning; null: from the beginning of the terms on."""
    end: str | None
    """Its end; null: it has none."""
    changes: list[TermPart]
    """Every term that is another."""


class EffectDocument(TypedDict):
    """What proposed terms change: in words, in the last recorded months as both files have them, and in the same months
    as if the last version of each had held in all of them. `restated`: months that are over and come out otherwise."""

    contract: str
    """The contract's id."""
    terms: list[ChangedPart]
    """In words, by stretch of time."""
    restated: list[str]
    """Months that are over and come out otherwise."""
    written: ComparisonDocument
    """The last recorded months as both have them."""
    supposed: ComparisonDocument
    """The same months as if the last version of each had held in all of them."""


class ProposalPart(TypedDict):
    """A proposal. `one_login`: the approval was typed behind the same login of the system as the proposal."""

    number: int
    at: str
    actor: str
    digest: str
    instead_of: str | None
    start: str
    state: str
    closed_by: int | None
    closed_by_actor: str | None
    one_login: bool
    note: str
    reference: str


class InForcePart(TypedDict):
    """Terms that were put in force. An empty digest: the contract was watched no more; `approval` 0: nobody's."""

    at: str
    digest: str
    files: dict[str, str]
    path: str
    approval: int


class TermsDocument(TypedDict):
    """Every proposal of a contract, and every change of what was in force, oldest first."""

    contract: str
    proposals: list[ProposalPart]
    in_force: list[InForcePart]


def effect_document(one: TermsEffect) -> EffectDocument:
    return {
        "contract": one.written.contract,
        "terms": [_changed(stretch) for stretch in one.words],
        "restated": list(one.restated),
        "written": comparison_document(one.written),
        "supposed": comparison_document(one.supposed),
    }


def history_document(contract: str, history: TermsHistory, changes: Sequence[TermsInForce]) -> TermsDocument:
    return {
        "contract": contract,
        "proposals": [_proposal(one) for one in history.proposals],
        "in_force": [_in_force(one) for one in changes],
    }


def _changed(one: ChangedTerms) -> ChangedPart:
    start, end = (None if at_ms is None else format_utc(at_ms) for at_ms in (one.from_ms, one.until_ms))
    changes: list[TermPart] = [{"what": each.what, "was": each.was, "now": each.now} for each in one.changes]
    return {"start": start, "end": end, "changes": changes}


def _proposal(one: Proposal) -> ProposalPart:
    closed = one.closed_by
    return {
        "number": one.entry.number,
        "at": format_utc(one.entry.at_ms),
        "actor": one.entry.actor,
        "digest": one.said.digest,
        "instead_of": one.said.instead_of,
        "start": format_utc(one.said.start_ms),
        "state": one.state,
        "closed_by": None if closed is None else closed.number,
        "closed_by_actor": None if closed is None else closed.actor,
        "one_login": one.is_of_one_login,
        "note": one.entry.note,
        "reference": one.entry.reference,
    }


def _in_force(one: TermsInForce) -> InForcePart:
    return {
        "at": format_utc(one.at_ms),
        "digest": one.digest,
        "files": {part.name: part.digest for part in one.parts},
        "path": f"{one.path}" if one.digest else "",
        "approval": one.approval,
    }
