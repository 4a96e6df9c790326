"""Every step of a month's working, as people read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sla_monitor.assess import ContractAssessment, Sample, assess_month

from .records import (
    DAY,
    DOWN,
    HOUR,
    JULY,
    JUNE,
    MINUTE,
    UP,
    Record,
    endpoint,
    entries,
    one_version,
    service,
    with_outages,
)

MAY = JUNE - 31 * DAY
BANDS: list[dict[str, Any]] = [
    {"name": "met", "at_least": 99},
    {"name": "minor", "at_least": 98, "below": 99, "points": 1},
    {"name": "severe", "below": 98, "points": 3},
]
BANDED: dict[str, Any] = {"target": 99, "rounding": {"mode": "none"}, "bands": BANDS}
RELATED = {"related": {"group": "incident", "dedupe": "highest"}}
SHARE = {"target": 90, "rounding": {"mode": "none"}, "within": "4h", "indicator": "ratio_in_target"}


def composite(name: str, combine: str, *parts: str) -> dict[str, Any]:
    return {
        "id": name,
        "indicator": "composite",
        "target": 99,
        "combine": combine,
        "parts": [{"kpi": part, "weight": 1 + n} for n, part in enumerate(parts)],
    }


KPIS: list[dict[str, Any]] = [
    {"id": "CAD", "service": "cad", **BANDED, **RELATED, "repeat": {"factor": 2, "on_missing": "breaks"}},
    {
        "id": "MEAN",
        "service": "cad",
        **BANDED,
        **RELATED,
        "rounding": {"mode": "half_up", "places": 1},
        "average_with_previous": 1,
    },
    {"id": "SHOWN", "service": "web", **BANDED, "rounding": {"mode": "half_up", "places": 1, "when": "after"}},
    {"id": "AGREED", "indicator": "submitted", **BANDED},
    {"id": "JOINT", "service": "web", **BANDED, "source_of_truth": "joint"},
    {
        "id": "QUICK",
        "indicator": "response_time",
        "service": "web",
        "statistic": "percentile",
        "percentile": 95,
        "target": "500ms",
    },
    {"id": "USUAL", "indicator": "response_time", "service": "web", "statistic": "mean", "target": "500ms"},
    {"id": "ERRORS", "indicator": "error_rate", "service": "web", "target": 99, "slot": "1h"},
    {"id": "SOLVED", **SHARE, "priorities": ["P1"], "min_denominator": 5},
    {"id": "QUIET", **SHARE, "priorities": ["P2"], "no_events": "met"},
    {"id": "SCORE", "indicator": "score", "target": 7},
    composite("BOTH", "all_of", "ERRORS", "QUIET"),
    composite("ONE", "all_of", "ERRORS", "CAD"),
    composite("NONE", "all_of", "ERRORS", "SCORE"),
    composite("WEIGHED", "weighted", "ERRORS", "CAD"),
]
TERMS: dict[str, Any] = {
    "term": {"start": "2026-05-01", "end": "2030-04-30"},
    "services": [service("cad", endpoint("login")), service("web", endpoint("site"))],
    "kpis": KPIS,
    "charges": {"monthly": [{"amount": 100_000}]},
    "credits": [
        {"id": "points", "method": "points", "per_point_percent": 1},
        {"id": "small", "method": "fixed", "amounts": {"AGREED": 5}, "min_payout": {"at_least": 10}},
        {"id": "rooms", "method": "unit_rate", "rate": "10.00", "block": "4h", "weights": {"ward": 2}},
        {
            "id": "misreporting",
            "method": "misreporting",
            "deliberate_percent": 50,
            "otherwise_percent": 25,
            "none_if_corrected": False,
        },
        {"id": "pool", "method": "at_risk_pool", "at_risk_percent": 10, "allocation": {"SHOWN": 50}},
    ],
    "caps": [
        {"id": "month", "percent": 4, "base": "period", "over": "period"},
        {"id": "year", "amount": 9_000, "over": "contract_year"},
    ],
    "triggers": [
        {"id": "bad", "conditions": [{"measure": "points", "months": 2, "more_than": 2}], "effects": ["notice"]}
    ],
    "claims": {"automatic": False, "months": 2},
    "participants": [{"id": "force", "name": "Force", "share": 60}, {"id": "council", "name": "Council", "share": 40}],
}
SAID: tuple[dict[str, Any], ...] = (
    {"kind": "figure", "kpi": "AGREED", "month": "2026-06", "party": "agreed", "value": "98.5"},
    {"kind": "figure", "kpi": "JOINT", "month": "2026-06", "party": "supplier", "value": "100"},
    {"kind": "ticket", "id": "A", "priority": "P1", "opened": JUNE, "ended": JUNE + 9 * HOUR},
    {"kind": "ticket", "id": "B", "priority": "P1", "opened": JUNE, "ended": JUNE + HOUR},
    {"kind": "waiver", "month": "2026-06", "what": "money", "kpis": ["SHOWN"], "note": "As agreed"},
    {"kind": "earn_back", "month": "2026-06", "amount": "5.00", "note": "Better since"},
    {"kind": "misreport", "month": "2026-06", "omitted": "180.00", "deliberate": True},
    {"kind": "occurrence", "rule": "rooms", "month": "2026-06", "duration_ms": 9 * HOUR, "area": "ward"},
    {"kind": "credit_claim", "month": "2026-06", "claimed": "2026-07-02T12:00+01:00"},
)


def june() -> ContractAssessment:
    cad = with_outages(MAY, JULY, (MAY, MAY + 36 * HOUR), (JUNE, JUNE + 36 * HOUR))
    web = with_outages(MAY, JULY, (JUNE, JUNE + 10 * HOUR))
    samples: list[Sample] = [
        (at, DOWN if at < JUNE + HOUR else UP, 100_000 + at // MINUTE % 7 * 1000, 50_000)
        for at in range(JUNE, JULY, 30 * MINUTE)
    ]
    record = Record({"login": cad, "site": web}, {"site": samples}, entries(*SAID))
    return assess_month(one_version(**TERMS), record, "2026-06", JULY + 3 * DAY)


WORKINGS = """\
CAD: time that counts, minutes: 720 h = 43200
CAD: downtime, minutes: 36 h = 2160
CAD: availability, per cent: (43200 − 2160) / 43200 × 100 = 95
CAD: band: below 98 = severe
CAD: points, failure 2 in a row: 3 × 2 = 6
MEAN: time that counts, minutes: 720 h = 43200
MEAN: downtime, minutes: 36 h = 2160
MEAN: availability, per cent: (43200 − 2160) / 43200 × 100 = 95
MEAN: average with earlier periods: (95.1612903225… + 95) / 2 = 95.0806451612…
MEAN: rounded: 95.0806451612… to 1 place, half up = 95.1
MEAN: band: below 98 = severe
MEAN: points: 3
MEAN: related failure: one incident, the points of CAD stand = 0
SHOWN: time that counts, minutes: 720 h = 43200
SHOWN: downtime, minutes: 10 h = 600
SHOWN: availability, per cent: (43200 − 600) / 43200 × 100 = 98.6111111111…
SHOWN: rounded for display only: 98.6111111111… to 1 place, half up = 98.6
SHOWN: band: at least 98, below 99 = minor
SHOWN: points: 1
SHOWN: waived: entry 5 = no money
AGREED: agreed figure: 98.5
AGREED: band: at least 98, below 99 = minor
AGREED: points: 1
JOINT: time that counts, minutes: 720 h = 43200
JOINT: downtime, minutes: 10 h = 600
JOINT: availability, per cent: (43200 − 600) / 43200 × 100 = 98.6111111111…
JOINT: not agreed yet: ours 98.6111111111…, supplier's = 100
JOINT: band: none: there is no figure to band
JOINT: points: 0
QUICK: 95 per cent, nearest rank, of 1440 times, ms: 106
QUICK: band: at most 500 = met
USUAL: mean of 1440 times, ms: 103.000694444…
USUAL: band: at most 500 = met
ERRORS: 100 less the mean error rate of 720 slots: 99.8611111111…
ERRORS: band: at least 99 = met
SOLVED: in target: 1 of 2
SOLVED: floor 5, so in target: 5 − 1 late = 4 of 5
SOLVED: in target, per cent: 4 / 5 × 100 = 80
SOLVED: band: below 90 = missed
QUIET: in target, per cent: nothing happened = 100
QUIET: band: at least 90 = met
SCORE: band: none: there is no figure to band
BOTH: all of the parts met: yes
BOTH: band: at least 99 = met
ONE: all of the parts met: missed: CAD = no
ONE: band: below 99 = missed
NONE: parts: not all of them have a figure
NONE: band: none: there is no figure to band
WEIGHED: weighted mean: (99.8611111111… × 1 + 95 × 2) / 3 = 96.6203703703…
WEIGHED: band: below 99 = missed
points: points: 6 (CAD) + 1 (AGREED) = 7
points: credit: 7 points × 1 % × 100000.00 = 7000.00
small: credit: AGREED missed its target = 5.00
small: minimum payout: not reached = 0.00
rooms: blocks: 9h / 4h = 2 blocks
rooms: credit: 10.00 × 2 × 2 blocks = 40.00
misreporting: credit: 180.00 + 50 % × 180.00 = 270.00
earn-back: earned back: entry 6 = -5.00
month: cap: 4 % × 100000.00 (period) = 4000.00
month: used in earlier months: period = 0
month: after the cap: the smaller of 7305.00 and 4000.00 = 4000.00
year: cap: 9000
year: used in earlier months: contract year = 0.00
year: after the cap: the smaller of 4000.00 and 9000.00 = 4000.00
credit: claimed: 2026-07-02
bad: points, rolling 2 months, more than 2: 3 + 8 = 11
force: share of force, per cent: 60
force: contract: 60 % × 4000.00, shared out to the coin = 2400.00
council: share of council, per cent: 40
council: contract: 40 % × 4000.00, shared out to the coin = 1600.00
"""


def lines(found: ContractAssessment) -> Iterator[str]:
    assert found.result is not None
    result = found.result
    told = [
        *((one.kpi, one.working) for one in result.kpis),
        *((line.rule, line.working) for line in result.credit.lines),
        *((cap.cap, cap.working) for cap in result.credit.caps),
        ("credit", result.credit.working),
        *((trigger.trigger, trigger.working) for trigger in result.triggers),
        *found.shares_working.items(),
    ]
    yield from (f"{name}: {step}" for name, working in told for step in working)


def test_every_step_of_a_month_can_be_followed() -> None:
    assert list(lines(june())) == WORKINGS.splitlines()
