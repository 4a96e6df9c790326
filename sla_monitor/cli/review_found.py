"""What a review pack is made of, from a ledger or from an evidence file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.signers import signer
from sla_monitor.cli.sources import chosen_contract, last_closed, month_named, recorded

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.evidence import Source
    from sla_monitor.review.case import Case
    from sla_monitor.review.looks import FirstFailed


@dataclass(frozen=True, slots=True)
class Found:
    """What a pack is made of: what it says, the same in JSON, and the evidence that it was worked out from."""

    case: Case
    document: str
    contract: Contract
    source: Source
    now_ms: int


@contextmanager
def made_from(
    config: Path, ledger: Path | None, name: str, period: str | None, evidence: Path | None
) -> Iterator[Found]:
    from sla_monitor.clock import SystemClock
    from sla_monitor.evidence import read_evidence

    contract = chosen_contract(name, config)
    if evidence is not None:
        if ledger is not None:
            raise click.UsageError("--evidence and --ledger exclude each other (leave one of them out)")
        found = read_evidence(evidence, contract)
        month = _month(period or last_closed(contract, found.until_ms), contract, found.as_of_ms)
        yield _found(contract, found, month, found.as_of_ms)
        return
    now_ms = SystemClock().now_ms()
    month = _month(period or last_closed(contract, now_ms), contract, now_ms)
    with recorded(config, ledger) as source:
        made = _found(contract, source, month, now_ms, source.first_failed)
        head = source.head()
        line = "" if head is None else head.line(now_ms, signer(config, ledger))
        yield replace(made, case=replace(made.case, head=line))


def _month(text: str, contract: Contract, now_ms: int) -> str:
    try:
        return month_named(text, contract, now_ms)
    except click.BadParameter as error:
        error.param_hint = "--period"
        raise


def _found(
    contract: Contract, source: Source, month: str, now_ms: int, first_failed: FirstFailed | None = None
) -> Found:
    from hashlib import sha256

    from sla_monitor import __version__
    from sla_monitor.assess import assess_month
    from sla_monitor.assess.document import document, document_text
    from sla_monitor.assess.document.inputs import inputs_of
    from sla_monitor.register.standing import standing
    from sla_monitor.review.case import Case
    from sla_monitor.review.looks import first_looks
    from sla_monitor.review.unseen import unseen

    found = assess_month(contract, source, month, now_ms)
    inputs = inputs_of(contract, source, found)
    text = document_text(document(found, inputs))
    terms = contract.version_at(max(min(now_ms, found.period.end_ms - 1), found.period.start_ms)).terms
    digest = sha256(text.encode()).hexdigest()
    register = standing(source.entries(contract.id))
    case = Case(
        found,
        terms,
        register,
        digest,
        inputs,
        f"sla-monitor {__version__}",
        looks=None if first_failed is None else first_looks(found, first_failed),
        unseen=unseen(found, source),
    )
    return Found(case, text, contract, source, now_ms)


def extract(found: Found) -> bytes:
    """What was seen and said of the month, with as much before and after it as its figures reach for."""
    from sla_monitor.assess.parts import margin_ms
    from sla_monitor.evidence import evidence_text

    period, more_ms = found.case.assessment.period, margin_ms(found.contract)
    start_ms = max(period.start_ms - more_ms, found.source.first_ms(found.contract.id) or 0)
    seen = (start_ms, min(period.end_ms + more_ms, found.now_ms))
    return "".join(evidence_text(found.contract, found.source, seen, found.now_ms, every_look=False)).encode()
