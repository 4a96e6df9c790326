"""What new entries change: worked out from the first month on that they may change, and the same as all of them."""

from __future__ import annotations

from typing import Any

import pytest

from sla_monitor.assess import Cache, history
from sla_monitor.assess.figure_changes import changes_of_entries, compared
from sla_monitor.register.entries import Entry

from .records import DAY, HOUR, JUNE, Record, entries, ms, one_version, with_outages

NOW, APRIL = ms("2026-08-05T00:00:00+01:00"), ms("2026-04-01T00:00:00+01:00")
RUN = {"repeat": {"factor": 2, "on_missing": "counts"}}
CONTRACT = one_version(
    term={"start": "2026-04-01", "end": "2030-03-31"},
    kpis=[
        {"id": "KPI1", "service": "cad", "target": 99, **RUN},
        {"id": "KPI2", "indicator": "ratio_in_target", "target": 95, "within": "4h", "priorities": ["P1"], **RUN},
        {"id": "KPI3", "indicator": "submitted", "target": 80, **RUN},
    ],
)
OUTAGE = {"start": "2026-06-01T00:00:00+01:00", "end": "2026-06-02T12:00:00+01:00"}
OVER_THE_END = {"start": "2026-05-31T12:00:00+01:00", "end": "2026-06-02T12:00:00+01:00"}
CLAIM = {"kind": "claim", "cause": "authority_cause", "services": ["cad"], **OUTAGE}
TICKET = {"kind": "ticket", "id": "INC-1", "priority": "P1", "opened": "2026-05-20T09:00:00+01:00"}
FIGURE = {"kind": "figure", "kpi": "KPI3", "party": "agreed", "month": "2026-05", "value": "70"}
SAID = (CLAIM, {**TICKET, "ended": "2026-05-20T10:00:00+01:00"}, FIGURE)
NEW: list[list[dict[str, Any]]] = [
    [{"kind": "decision", "about": 1, "granted": True}],
    [{"kind": "decision", "about": 1, "granted": True, "start": OUTAGE["start"], "end": "2026-06-01T06:00:00+01:00"}],
    [{**CLAIM, **OVER_THE_END}, {"kind": "decision", "about": 4, "granted": True}],
    [{**TICKET, "ended": "2026-05-22T10:00:00+01:00"}],
    [{**TICKET, "opened": "2026-07-20T09:00:00+01:00", "ended": "2026-07-22T10:00:00+01:00"}],
    [{**FIGURE, "value": "90"}],
    [{**FIGURE, "month": "2026-07"}],
    [{"kind": "undo", "about": 3}],
    [{"kind": "undo", "about": 3}, {"kind": "undo", "about": 4}],
    [{"kind": "minute", "month": "2026-05"}],
    [{"kind": "maintenance", "services": ["cad"], **OVER_THE_END, "notified": "2026-05-01T09:00:00+01:00"}],
]


def seen(said: list[Entry]) -> Record:
    outages = (JUNE - 6 * HOUR, JUNE + 36 * HOUR), (JUNE + 40 * DAY, JUNE + 41 * DAY)
    return Record({"login": with_outages(APRIL, NOW, *outages)}, said=said)


@pytest.mark.parametrize("new", NEW, ids=lambda new: "+".join(one["kind"] for one in new))
def test_they_are_those_of_the_whole_history(new: list[dict[str, Any]]) -> None:
    several = entries(*SAID, *new)
    said, more, cache = several[:3], several[3:], Cache()
    record = seen(said)
    before, after = (history(CONTRACT, record, "2026-08", NOW, said=one) for one in (said, several))
    for _ in range(2):
        assert changes_of_entries(CONTRACT, record, said, more, NOW, cache=cache) == compared(CONTRACT, before, after)
    assert history(CONTRACT, record, "2026-08", NOW, cache) == before, "what was supposed is not taken for said"


def test_several_of_them_change_something() -> None:
    said = entries(*SAID)
    found = [changes_of_entries(CONTRACT, seen(said), said, entries(*SAID, *new)[3:], NOW) for new in NEW]
    assert sum(map(bool, found)) >= 7
    assert {row["month"] for rows in found for row in rows} >= {"2026-05", "2026-06", "2026-07"}
