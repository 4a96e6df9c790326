"""The way of counting in words: every rule that terms can have has its line."""

from __future__ import annotations

from typing import Any

from tests.assess.records import endpoint, month_of_june, one_version, service

EVERY_RULE: dict[str, Any] = {
    "accounting": {"confirmation": 1, "coverage_floor": "95.5"},
    "services": [
        service("cad", endpoint("a"), endpoint("b"), available_when="weighted") | {"name": "Command"},
        service(
            "web",
            endpoint("c"),
            endpoint("d"),
            available_when="any",
            maintenance={
                "approval": "none",
                "hours": "office",
                "allowance": "4h",
                "allowance_per": "contract",
                "excess": "excluded",
                "emergency": "excluded",
                "notice": "2d",
            },
        ),
        service("desk", endpoint("e"), endpoint("f"), endpoint("g"), available_when=2),
    ],
    "relief": {
        "causes": ["force_majeure", "authority_cause"],
        "notice_working_days": 5,
        "late": "decided",
        "deadline_months": 2,
    },
    "kpis": [
        {
            "id": "K1",
            "service": "cad",
            "target": 99,
            "rounding": {"mode": "half_up", "places": 1},
            "counting": {"excluded": "available", "minutes": "whole", "shortest_outage": "5m", "degraded": 50},
            "repeat": {"factor": 2, "on_missing": "breaks"},
        },
        {
            "id": "K2",
            "service": "web",
            "target": 99,
            "rounding": {"mode": "down", "places": 0, "when": "after"},
            "counting": {
                "excluded": "counted",
                "unknown": "up",
                "minutes": "begun",
                "quorum": {"percent": 51, "min_active": 2},
            },
            "repeat": {"factor": "1.5", "compounding": True, "on_missing": "keeps"},
            "source_of_truth": "supplier",
        },
        {
            "id": "K3",
            "service": "desk",
            "target": 99,
            "counting": {"unknown": "down", "slow_as_down": {"promised": "2s", "multiple": 5}},
            "repeat": {"factor": 3, "on_missing": "counts"},
            "source_of_truth": "joint",
            "bedding_in_until": "2026-09-01",
        },
        {
            "id": "K4",
            "indicator": "ratio_in_target",
            "target": 90,
            "within": "4h",
            "min_denominator": 20,
            "measurement_months": 3,
            "average_with_previous": 1,
        },
    ],
}
TOLD = """\
One failed probe is an outage; it counts from the first of them.
A figure of which less than 95.5 per cent of the agreed time was seen is shown and not assessed.
Days and months are those of Europe/London; terms that change within a month split its hours.
Bands, points and money go by the terms in force at the end of the month.
Command: as much of it is down as of the weight of its endpoints that was seen.
web: available while one endpoint of 2 are up.
desk: available while 2 endpoints of 3 are up.
K1: Excluded time is deemed available.
K1: Time that nobody saw is taken from both sides of the ratio.
K1: Only the whole minutes of each outage count.
K1: Outages shorter than 5m as a whole do not count.
K1: 50 per cent of degraded time is downtime.
K2: Excluded time counts like any other.
K2: Time that nobody saw is taken as up.
K2: Every begun minute of an outage counts.
K2: Down where 51 per cent of the places that probe, 2 or more of them, see it so.
K3: Excluded time is taken from both sides of the ratio.
K3: Time that nobody saw is taken as down.
K3: Outages are counted to the millisecond.
K3: An answer that takes more than 5 times 2s is no answer.
Maintenance is permitted (Command, desk) once the authority has granted it, and emergencies are counted.
Maintenance is permitted (web) by booking it, booked 48 h before, inside office \
(Mon to Fri 08:00 to 18:00), up to 4 h a month for all services together, and what goes beyond is \
excluded all the same, and emergencies are permitted without notice.
Relief is given for force_majeure, authority_cause, once the authority has granted it.
Relief notified more than 5 Working Days after the cause was known is for the authority to decide.
Relief may be claimed up to 2 months after the month, by the day of its notice.
K1: figures are rounded to 1 place, half up, before they are banded.
K1: points are multiplied by 2 for a failure that follows one; a period without a figure ends the run.
K2: figures are rounded to 0 places, down, for display only.
K2: points are multiplied by 1.5 for each further one for a failure that follows one; a period without a \
figure is passed over.
K2: the figure that counts is the supplier's.
K3, K4: figures are compared as they are.
K3: points are multiplied by 3 for a failure that follows one; a period without a figure is a failure in it.
K3: the figure that counts is both sides'.
K3: points cost no money before 1 September 2026.
K4: late ones are divided by no fewer than 20.
K4: measured over 3 months.
K4: averaged with 1 measurement periods before.
"""


def test_every_rule_is_told() -> None:
    assert month_of_june(one_version(**EVERY_RULE)).accounting == tuple(TOLD.splitlines())


def test_an_allowance_is_told_with_what_it_is_for() -> None:
    year = {"allowance": "40h", "allowance_over": "contract_year"}
    flexible = {"allowance": "4h", "allowance_over": "booking", "allowance_used_by": "downtime"}
    told = [
        line
        for rules in (year, flexible)
        for line in month_of_june(one_version(maintenance=rules)).accounting
        if line.startswith("Maintenance")
    ]
    start, end = "Maintenance is permitted once the authority has granted it, up to", ", and emergencies are counted."
    assert told == [
        f"{start} 40 h a contract year for each service, and what goes beyond is counted{end}",
        f"{start} 4 h of downtime a booking for each service, while the rest of the booked time counts as it was{end}",
    ]


def test_maintenance_that_is_treated_otherwise_is_told_beside_it() -> None:
    kpi = {"id": "K1", "service": "cad", "target": 99, "counting": {"excluded": "removed", "maintenance": "available"}}
    told = month_of_june(one_version(kpis=[kpi])).accounting
    line = "Excluded time is taken from both sides of the ratio; permitted maintenance is deemed available."
    assert line in told
