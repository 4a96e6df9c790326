"""How final a pack is, for its first page, and the page behind that: from what it was made, and how to check it."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from sla_monitor.assess.assessment import ContractAssessment, Restatement
from sla_monitor.assess.compare import moved
from sla_monitor.register.entries import SignOff
from sla_monitor.review.blocks import Block, Cell, Facts, Notice, Prose, Section
from sla_monitor.review.chapters.restated import changed_elsewhere
from sla_monitor.review.pack_input import PackInput
from sla_monitor.wording.instants import format_day, format_day_at, format_stretch
from sla_monitor.wording.numbers import format_counted_points, format_money
from sla_monitor.wording.text import format_list

STATUS = {
    "running": ("Running month", "The month is still running: figures are as of the data cut-off."),
    "provisional": ("Provisional", "The month has ended and nobody has signed its figures off."),
    "final": ("Final", "The figures were signed off."),
}


ELSEWHERE = (
    "The register does not explain all of it: the contract’s file, or what was seen or imported, has changed since."
)


def notices(case: PackInput) -> tuple[Block, ...]:
    """What nobody may miss who reads figures of this pack."""
    one = case.assessment
    is_as_signed = one.status == "final" and one.restatement is None
    blocks: list[Block] = [Notice(" ".join(status(case)), "met" if is_as_signed else "so_far")]
    if one.restatement is not None:
        blocks.append(Notice(restated(case, one.restatement), "serious"))
    return tuple(blocks)


def about(case: PackInput, months: str = "") -> Section:
    """`months`: the first and the last of a pack of several."""
    return Section("about", "About this pack", (Facts(_facts(case, months)), Prose(_verifying(case))))


def status(case: PackInput) -> tuple[str, str]:
    """The status in a word, and what it means."""
    word, meaning = STATUS[case.assessment.status]
    if case.assessment.restatement is not None:
        word, meaning = f"{word}, restated", "The month was signed off, and its figures have changed since."
    elif case.assessment.status == "final" and case.result is not None and not case.result.is_measured:
        meaning = "The month was signed off while nothing was measured: it has no figures."
    return f"{word}.", meaning


def restated(case: PackInput, now: Restatement) -> str:
    """What was signed, what it is now, and which entries changed it."""
    signed, because = now.signed.body, format_list([f"entry {number}" for number in now.because])
    was = _signed(case, signed) if isinstance(signed, SignOff) else ""
    why = f", because of {because} in the register." if because else "."
    is_known = case.result is not None and case.result.is_measured
    now_worth = _worth(case, now.points, now.credit) if is_known else "without any figure"
    told = f"This month was signed off in entry {now.signed.number}{was}. It is now {now_worth}{why}"
    kpis = [one.kpi for _, one in moved(now.before, case.result)] if now.before and case.result else []
    told += f" What moved: {format_list(kpis)}." if kpis else ""
    return f"{told} {ELSEWHERE}" if changed_elsewhere(now) else told


def _signed(case: PackInput, signed: SignOff) -> str:
    if signed.no_figures:
        return " while nothing was measured"
    return f" with {_worth(case, signed.points, signed.credit)}"


def _worth(case: PackInput, points: Fraction | Decimal, credit: Decimal) -> str:
    return f"{format_counted_points(points, 'point')} and {format_money(credit, case.assessment.currency)}"


def _facts(case: PackInput, months: str) -> tuple[tuple[str, Cell], ...]:
    one = case.assessment
    version = f"since {format_day_at(one.terms_from_ms, case.zone)}"
    facts = [
        ("Authority", Cell(one.authority)),
        ("Supplier", Cell(one.supplier)),
        ("Period", Cell(months or format_stretch(one.period.start_ms, one.period.end_ms, case.zone))),
        ("Terms", Cell(f"{one.terms_reference}, {version}" if one.terms_reference else version)),
        ("Contract", Cell(_term(one))),
        ("Data cut-off", Cell(case.at(case.cut_off_ms))),
        ("Register", Cell(f"read up to entry {one.register_number}" if one.register_number else "no entries")),
        ("Made by", Cell(case.program)),
    ]
    if case.digest:
        facts.append(("Assessment, SHA-256", Cell(case.digest, tone="code")))
    if case.inputs is not None:
        facts.append(("Contract’s file, SHA-256", Cell(case.inputs["contract_sha256"], tone="code")))
        facts += [("Bank holidays, SHA-256", Cell(one, tone="code")) for one in case.inputs["holidays_sha256"]]
        facts.append(("Evidence, SHA-256", Cell(case.inputs["evidence_sha256"], tone="code")))
    return tuple(facts)


def _term(one: ContractAssessment) -> str:
    """From when to when the contract runs, and what it is worth over that time, if the terms say so."""
    term = f"{format_day(one.starts_on)} to {format_day(one.ends_on)}"
    return term if one.total_value is None else f"{term}, worth {format_money(one.total_value, one.currency)}"


def _verifying(case: PackInput) -> tuple[str, ...]:
    renderings = "All renderings are made from one assessment; “manifest.json” beside them holds the digest of each."
    lines = ["The chapter “How to check this pack” says how to come to the same figures.", renderings]
    if case.assessment.note:
        lines.insert(0, case.assessment.note)
    if case.copy == "supplier":
        lines.append("This is the supplier’s copy: the authority’s own notes are left out; no figure depends on them.")
    return tuple(lines)
