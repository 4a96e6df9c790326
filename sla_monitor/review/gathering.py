"""Gathers the inputs of a pack from evidence: the month's assessment, and the material beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from sla_monitor import __version__
from sla_monitor.assess import ContractAssessment, assess_month
from sla_monitor.assess.charges_in_words import charges_worked_out
from sla_monitor.contract.contract import Contract
from sla_monitor.document import document, document_text, figures_digest
from sla_monitor.document.inputs import inputs_of
from sla_monitor.evidence.disclosed import DisclosedEvidence
from sla_monitor.register.effective import effective_entries
from sla_monitor.review.pack_input import Copy, FirstFailures, PackInput, unseen
from sla_monitor.review.recalculated import RecalculatedMonth
from sla_monitor.review.retention import Retention
from sla_monitor.review.supplier_copy import for_supplier
from sla_monitor.sla.evidence import Evidence

PROGRAM = f"sla-monitor {__version__}"

FindFirstFailures = Callable[[ContractAssessment], FirstFailures | None]
"""What the first failed probes of a month's outages said; None: nobody knows."""


@dataclass(frozen=True, slots=True)
class PackSubject:
    """What a pack is about: a month of a contract, from this evidence, as known at `now_ms`."""

    contract: Contract
    source: Evidence
    month: str
    now_ms: int


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a pack is made of: what it says, the same in JSON, and what it is about."""

    case: PackInput
    document: str
    about: PackSubject


def gathered(  # noqa: PLR0913 - all that a pack has beside the evidence
    about: PackSubject,
    copy: Copy = "authority",
    *,
    first_failures: FindFirstFailures = lambda _: None,
    retention: Retention | None = None,
    head: str = "",
    program: str = PROGRAM,
    recalculated: tuple[RecalculatedMonth, ...] = (),
) -> Gathered:
    """One month, for one of the parties."""
    contract, source, now_ms = about.contract, about.source, about.now_ms
    one = assess_month(contract, source, about.month, now_ms)
    inputs = inputs_of(contract, source, one)
    failures = first_failures(one)
    is_redacted = copy == "supplier"
    if is_redacted:
        one = for_supplier(one)
    text = document_text(document(one, inputs))
    terms = contract.version_at(max(min(now_ms, one.period.end_ms - 1), one.period.start_ms)).terms
    case = PackInput(
        one,
        terms,
        effective_entries(DisclosedEvidence(source, is_redacted).entries(contract.id)),
        sha256(text.encode()).hexdigest(),
        inputs,
        program,
        copy,
        failures,
        unseen(one, source),
        head,
        figures_digest(one),
        retention or Retention(),
        versions=contract.versions,
        charges_worked_out=charges_worked_out(one, contract),
        recalculated=recalculated,
    )
    return Gathered(case, text, about)
