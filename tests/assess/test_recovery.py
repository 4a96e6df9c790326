"""Credits to the end, from contract and evidence to the account of a month; no figure depends on it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from sla_monitor.assess import ContractAssessment
from sla_monitor.document import document, figures_digest

from .two_files import contract_of, down, month_of, said

TERMS: dict[str, Any] = {
    "charges": {"monthly": [{"amount": "10000.00"}]},
    "credits": [{"id": "points", "method": "points", "per_point_percent": 1}],
    "kpis": [{"id": "KPI1", "service": "cad", "target": 99, "rounding": {"mode": "none"}, "bands": [
        {"name": "met", "at_least": 99}, {"name": "minor", "below": 99, "points": 2}]}],
    "invoicing": {"notify_working_days": 10},
}  # fmt: skip
OUTAGE = down(("2026-06-10T00:00:00Z", "2026-06-12T00:00:00Z"))


def month(
    folder: Path, name: str, *entries: dict[str, Any], now: str = "2026-12-01T00:00:00Z", **terms: Any
) -> ContractAssessment:
    given = {key: value for key, value in (TERMS | terms).items() if value is not None}
    contract = contract_of(folder, **given)
    return month_of(folder, contract, name, OUTAGE, entries=said(*entries), now=now)


def step(kind: str, amount: str, on: str, **more: Any) -> dict[str, Any]:
    return {"kind": f"credit_{kind}", "month": "2026-06", "amount": amount, "on": on, **more}


def test_a_month_that_cost_something_is_expected(tmp_path: Path) -> None:
    (one,) = month(tmp_path, "2026-08").recovery.months
    assert (one.month, one.expected, one.open, f"{one.as_of}") == ("2026-06", Decimal(200), Decimal(200), "2026-08-31")
    assert (f"{one.days.notify_by}", f"{one.days.invoice_by}", f"{one.due_on}") == (
        "2026-07-14", "2026-08-14", "2026-09-13",
    )  # fmt: skip
    assert not month(tmp_path, "2026-06", now="2026-06-20T00:00:00Z").recovery.months


def test_steps_count_from_their_day_on(tmp_path: Path) -> None:
    steps = step("notified", "200.00", "2026-07-10"), step("settled", "150.00", "2026-09-05", how="paid")
    (august,) = month(tmp_path, "2026-08", *steps).recovery.months
    (september,) = month(tmp_path, "2026-09", *steps).recovery.months
    assert (august.open, august.notified, september.open) == (Decimal(200), Decimal(200), Decimal(50))
    assert september.days_late == 17


def test_a_waiver_after_the_notice_is_a_difference_of_its_own(tmp_path: Path) -> None:
    waived = {"kind": "waiver", "month": "2026-06", "what": "money", "note": "Agreed."}
    (one,) = month(tmp_path, "2026-08", step("notified", "200.00", "2026-07-10"), waived).recovery.months
    assert (one.expected, one.difference, one.open) == (0, -200, 0)


def test_a_dispute_that_waits_is_named(tmp_path: Path) -> None:
    dispute = {"kind": "dispute", "start": "2026-06-10T00:00:00Z", "end": "2026-06-11T00:00:00Z", "party": "supplier",
               "note": "Our link was up."}  # fmt: skip
    (one,) = month(tmp_path, "2026-08", dispute).recovery.months
    assert one.disputed_by == (1,)
    settled = {"kind": "decision", "about": 1, "granted": False, "note": "No."}
    (one,) = month(tmp_path, "2026-08", dispute, settled).recovery.months
    assert one.disputed_by == ()


def test_money_about_a_month_that_nobody_measured_counts_nowhere(tmp_path: Path) -> None:
    blind = down(unseen=(("2026-05-30T00:00:00Z", "2026-07-02T00:00:00Z"),))
    contract = contract_of(tmp_path, **TERMS)
    entries = said(step("notified", "200.00", "2026-07-10"))
    found = month_of(tmp_path, contract, "2026-08", blind, entries=entries, now="2026-12-01T00:00:00Z").recovery
    assert (found.months, found.stray) == ((), (1,))


def test_no_figure_depends_on_it_and_without_terms_nothing_is_told(tmp_path: Path) -> None:
    steps = (step("notified", "200.00", "2026-07-10"),)
    with_it, without = month(tmp_path, "2026-08", *steps), month(tmp_path, "2026-08", invoicing=None)
    assert figures_digest(with_it) == figures_digest(without)
    assert "recovery" not in document(without)
    told = document(with_it)["recovery"]
    assert told["open"] == {"amount": "200.00", "currency": "GBP"}
    assert [row["state"] for row in told["months"]] == ["notified"]
    assert "recovery" in document(month(tmp_path, "2026-08", *steps, invoicing=None))
