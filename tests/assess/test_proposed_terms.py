"""What new terms come to, kept: the same as worked out anew, whatever of it has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sla_monitor.assess.proposed_terms import HISTORIES_KEPT, KeptHistories, TermsEffect, terms_effect
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_kept
from sla_monitor.contract.terms_files import CONTRACT as FILE
from sla_monitor.contract.terms_files import KeptTerms

from .records import CONTRACT, DAY, HOUR, Record, entries, ms, with_outages

NOW, MARCH = ms("2026-08-05T00:00+01:00"), ms("2026-03-01T00:00+00:00")
JUNE = ms("2026-06-01T00:00+01:00")
OFFICE = {"hours": {"mon-fri": "08:00-18:00"}, "bank_holidays": "days.yaml"}
OUTAGE = {"services": ["cad"], "start": JUNE, "end": JUNE + 40 * HOUR}
FIGURE = {"kind": "figure", "kpi": "KPI2", "month": "2026-05", "party": "agreed", "value": "70"}
TERMS: Mapping[str, Any] = {
    "id": CONTRACT, "authority": "A", "supplier": "S", "currency": "GBP", "time_zone": "Europe/London",
    "term": {"start": "2026-04-01", "end": "2030-03-31"},
    "calendars": {"office": OFFICE},
    "services": [
        {"id": "cad", "service_hours": "office", "endpoints": [{"id": "login", "kind": "tcp", "host": "h", "port": 1}]}
    ],
    "kpis": [
        {"id": "KPI1", "service": "cad", "target": 92},
        {"id": "KPI2", "indicator": "submitted", "target": 80},
    ],
    "charges": {"monthly": [{"amount": 1000}]},
    "credits": [{"id": "fixed", "method": "fixed", "amounts": {"KPI1": 50, "KPI2": 20}}],
}  # fmt: skip


def read(holiday: str = "2026-05-25", folder: str = "/contracts", **changes: Any) -> Contract:
    """Read anew each time, as the desk reads what was proposed."""
    days = f"country: GB\nfirst_year: 2026\nlast_year: 2036\ndays: {{{holiday}: A holiday}}\n"
    files = {FILE: json.dumps({**TERMS, **changes}).encode(), "days.yaml": days.encode()}
    return load_kept(KeptTerms(Path(folder) / "terms.yaml", files))


def dearer(amount: int = 75) -> dict[str, Any]:
    return {"credits": [{"id": "fixed", "method": "fixed", "amounts": {"KPI1": amount, "KPI2": 20}}]}


def later(amount: int) -> dict[str, Any]:
    """Another credit from July on."""
    own = TERMS["credits"][0]
    return {"credits": [{**own, "versions": [{"from": "2026-07-01", "ref": "CCN-1", **dearer(amount)["credits"][0]}]}]}


def seen(*said: Mapping[str, Any]) -> Record:
    return Record({"login": with_outages(MARCH, NOW + 40 * DAY, (JUNE, JUNE + 40 * HOUR))}, said=entries(*said))


def steps() -> Iterator[tuple[Contract, Contract, Record, int]]:
    """Each with one thing changed, and back again: what is compared, with what, what was seen and said, and when."""
    ours, draft, record = read(), dearer(), seen(FIGURE)
    claim, minute = {"kind": "claim", "cause": "authority_cause", **OUTAGE}, {"kind": "minute", "month": "2026-06"}
    changed = [
        (ours, read(**draft), record, NOW),
        (ours, read(**draft), seen(FIGURE, minute), NOW),
        (ours, read(**draft), seen(FIGURE, claim), NOW),
        (ours, read(**draft), seen(FIGURE, claim, {"kind": "decision", "about": 2, "granted": True}), NOW),
        (ours, read(**draft), seen({**FIGURE, "value": "90"}), NOW),
        (ours, read(**dearer(80)), record, NOW),
        (ours, read("2026-06-02", **draft), record, NOW),
        (read("2026-06-02"), read(**draft), record, NOW),
        (read(**dearer(60)), read(**draft), record, NOW),
        (ours, read(**later(75)), record, NOW),
        (read(**later(60)), read(**draft), record, NOW),
        (ours, read(**draft), record, NOW + 30 * DAY),
    ]
    for one in changed:
        yield from (changed[0], one)


def test_what_is_kept_is_what_is_figured_anew() -> None:
    kept, told = KeptHistories(), list[TermsEffect]()
    for ours, draft, record, now_ms in steps():
        found = terms_effect(ours, draft, record, now_ms, kept)
        assert found == terms_effect(ours, draft, record, now_ms)
        told.append(found)
    apart = [one for place, one in enumerate(told[1::2]) if one not in told[1::2][:place]]
    assert len(apart) == 10, "each of them but the minute and the claim that nobody has decided changes something"


def test_months_are_read_once_for_terms_that_are_looked_at_again() -> None:
    kept, record = KeptHistories(), seen(FIGURE)
    first = terms_effect(read(), read(**dearer()), record, NOW, kept)
    asked = len(record.asked)
    record.said = entries(FIGURE, {"kind": "minute", "month": "2026-06"})
    assert terms_effect(read(folder="/elsewhere"), read(**dearer()), record, NOW, kept) == first
    assert len(record.asked) == asked


def test_only_so_many_are_held() -> None:
    kept = KeptHistories()
    for amount in range(60, 61 + HISTORIES_KEPT):
        terms_effect(read(), read(**dearer(amount)), seen(FIGURE), NOW, kept)
    one, cache = kept.of(read(**dearer(60)))
    assert (one.versions[0].terms.credits, cache.results) == (read(**dearer(60)).versions[0].terms.credits, {})


def test_terms_of_one_instant_are_kept_apart_from_those_as_written() -> None:
    kept = KeptHistories()
    for _ in range(2):
        found = terms_effect(read(), read(**later(75)), seen(FIGURE), NOW, kept)
        assert found.restated == ()
        assert [month.month for month in found.supposed.months if month.is_different] == ["2026-06"]
