"""From the numbers that Prometheus answered to an entry of the register, with the question as its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sla_monitor.queries.asking import NoAnswer, asked, format_range
from sla_monitor.queries.due import ACTOR, KpiQuery
from sla_monitor.register.entries import Entry
from sla_monitor.register.entry_parsing import body_of, entry_of
from sla_monitor.register.instant import format_utc
from sla_monitor.wording.known_by import MONITOR

_EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
_DIGITS, _PLACES = 18, 9
"""What a figure of the register may have."""

_NOISE = Decimal("1e-9")
"""Sums of the same floats in another order differ by less than this part of them."""

EVIDENCE_LIMIT = 1000


def entry(question: KpiQuery, answers: Mapping[str, Decimal], now_ms: int) -> Entry:
    """What is to be entered. Raises NoAnswer for numbers that are no figure, RegisterError for what no entry takes."""
    words = {"kpi": question.kpi, "month": question.month, "party": "authority", **_words(answers)}
    came = ", ".join(f"{name} {answer}" for name, answer in answers.items())
    return entry_of(
        body_of("figure", words, ZoneInfo("UTC")),
        at_ms=now_ms,
        actor=ACTOR,
        known_by=MONITOR,
        contract=question.contract,
        evidence=_evidence(question),
        note=f"Prometheus answered: {came}.",
    )


def _words(answers: Mapping[str, Decimal]) -> dict[str, Any]:
    """Counts where both are whole numbers; `increase` reckons with parts of events, and then it is the share."""
    if "value" in answers:
        return {"value": _fitting(answers["value"])}
    good, total = answers["good"], answers["total"]
    if good < 0 or good > total + total * _NOISE:
        raise NoAnswer(f"good is {good} of {total} (check that total counts everything that good does)")
    if good == good.to_integral_value() and total == total.to_integral_value():
        return {"in_target": int(min(good, total)), "total": int(total)}
    share = _EXACT.multiply(_EXACT.divide(min(good, total), total), Decimal(100))
    return {"value": _fitting(share)}


def _fitting(value: Decimal) -> Decimal:
    """As many digits as a figure may have."""
    before = max(value.adjusted() + 1, 1)
    if before > _DIGITS:
        raise NoAnswer(f"{value} is too large for a figure (check the unit)")
    places = min(_PLACES, _DIGITS - before)
    exact = value.quantize(Decimal(1).scaleb(-places), context=_EXACT).normalize(_EXACT)
    return Decimal(f"{exact:f}")  # 90 and not 9E+1, as people write it


def _evidence(question: KpiQuery) -> str:
    """The instant first: by it the last figure of a period is known again after a restart."""
    queries = (
        f"{name}: {asked(query, question.start_ms, question.at_ms)}" for name, query in question.source.queries.items()
    )
    over = f"over {format_range(question.start_ms, question.at_ms)}"
    text = f"{question.source.prometheus} evaluated at {format_utc(question.at_ms)} {over}: {'; '.join(queries)}"
    line = "".join(letter if letter.isprintable() else "�" for letter in " ".join(text.split()))
    return line if len(line) <= EVIDENCE_LIMIT else line[: EVIDENCE_LIMIT - 1] + "…"
