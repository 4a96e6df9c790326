"""Proposed terms, what they change, and which were in force when, as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sla_monitor.assess.proposed_terms import TermsEffect
from sla_monitor.contract.contract import Contract
from sla_monitor.document.terms import effect_document
from sla_monitor.ledger.recording.kept_files import TermsInForce
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Entry, SignOff
from sla_monitor.register.instant import format_utc
from sla_monitor.register.terms_history import Proposal
from sla_monitor.web.api.nulls import Nulls
from sla_monitor.web.api.register_json import entry_json
from sla_monitor.web.api.register_shapes import TermsEffectJson, TermsInForceJson, TermsProposalJson
from sla_monitor.wording.text import plain


def proposal_json(one: Proposal, contract: Contract, shown: Mapping[int, Entry]) -> TermsProposalJson:
    """`shown`: the contract's register by number, as its reader may read it."""
    nulls, closed = Nulls(), one.closed_by
    by = None if closed is None else entry_json(shown[closed.number], contract)
    return {
        "entry": entry_json(shown[one.entry.number], contract),
        "state": one.state,
        "closed_by": nulls.told("closed_by", by, "nobody has decided on it"),
        "why_null": nulls.why,
    }


def in_force_json(one: TermsInForce) -> TermsInForceJson:
    nulls = Nulls()
    return {
        "at": format_utc(one.at_ms),
        "digest": nulls.text("digest", one.digest, "the contract was watched no more"),
        "files": [{"name": plain(part.name), "sha256": part.digest} for part in one.parts],
        "approval": nulls.told("approval", one.approval or None, "no entry approved them"),
        "why_null": nulls.why,
    }


def effect_json(effect: TermsEffect, entries: Iterable[Entry]) -> TermsEffectJson:
    """`entries`: the contract's register."""
    signed = {said.month for _, said in effective_entries(entries).of(SignOff)}
    return {**effect_document(effect), "signed": [month for month in effect.restated if month in signed]}
