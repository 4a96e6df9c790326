"""Random contracts, each with some months of outages, tickets and entries. Time is in steps of thirty seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from tests.assess.records import endpoint, service

STEP = 30_000
HOUR = 120
DAY = 24 * HOUR
PLACES = [
    ("Europe/London", "2026-02"),
    ("Europe/London", "2026-09"),
    ("America/New_York", "2026-10"),
    ("UTC", "2026-11"),
]
CLOCKS_CHANGE = ["2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01"]
CALENDARS: dict[str, Any] = {
    "early": {"hours": {"sat-sun": "00:30-01:40", "mon-fri": "01:40-20:00"}},
    "office": {"hours": {"mon-fri": "08:00-18:00"}},
    "long": {"hours": {"mon-sun": ["06:00-12:30", "13:00-23:00"]}},
    "nights": {"hours": {"mon-sat": "20:00-24:00", "sun": ["05:00-09:00", "20:00-24:00"]}},
}


@dataclass(frozen=True)
class Ticket:
    """Instants in steps; None: not yet."""

    id: str
    priority: str
    service: str | None
    opened: int
    responded: int | None
    ended: int | None
    attempts: int | None
    stops: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Asked:
    """A booking or a claim. `granted` None: nobody has decided."""

    kind: str
    services: tuple[str, ...]
    start: int
    end: int
    granted: bool | None
    tickets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scene:
    """`down`, `unseen` and `degraded`: by service, from and to. `impacts`: users hit, of all, by service and
    the outage's beginning. `figures`: by KPI and month. `occurrences`: rule, month, area,
    steps, used, repeats. `waivers`: month, KPIs, what."""

    seed: int
    zone: ZoneInfo
    months: tuple[str, ...]
    terms: dict[str, Any]
    down: dict[str, list[tuple[int, int]]]
    unseen: dict[str, list[tuple[int, int]]]
    degraded: dict[str, list[tuple[int, int]]]
    impacts: dict[tuple[str, int], tuple[int, int]]
    asked: list[Asked]
    tickets: list[Ticket]
    figures: dict[tuple[str, str], str]
    occurrences: list[tuple[str, str, str, int, bool, int]]
    waivers: list[tuple[str, tuple[str, ...], str]]

    @property
    def start(self) -> int:
        return at(self.terms["term"]["start"], self.zone)

    @property
    def end(self) -> int:
        return at(f"{later(self.months[-1], 1)}-01", self.zone)


def at(text: str, zone: ZoneInfo) -> int:
    """The step in which a wall time begins."""
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC).timestamp()) * 1000 // STEP


def later(month: str, by: int) -> str:
    whole = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{whole // 12:04}-{whole % 12 + 1:02}"


def month_edges(month: str, zone: ZoneInfo) -> tuple[int, int]:
    return at(f"{month}-01", zone), at(f"{later(month, 1)}-01", zone)


class Maker:
    """Draws one scene; the same seed draws the same one."""

    def __init__(self, seed: int) -> None:
        self.seed, self.draw = seed, Random(seed)
        zone, first = self.draw.choice(PLACES)
        self.zone = ZoneInfo(zone)
        self.months = tuple(later(first, n) for n in range(self.draw.randint(3, 5)))
        self.first_day = self.draw.choice([1, 1, 16])
        self.services = ["a", "b"][: self.draw.randint(1, 2)]
        self.start = at(f"{first}-{self.first_day:02}", self.zone)
        self.end = month_edges(self.months[-1], self.zone)[1]

    def chance(self, per_cent: int) -> bool:
        return self.draw.randrange(100) < per_cent

    def some(self, **keys: Any) -> dict[str, Any]:
        """Each key with a chance of a half; of a list, one."""
        return {key: self.draw.choice(values) for key, values in keys.items() if self.chance(50)}

    def scene(self) -> Scene:
        self.kpis = [*self.time_kpis(), *self.figure_kpis(), *self.ticket_kpis()]
        self.kpis += self.composites()
        for kpi in self.kpis:
            if not {"bands", "points_each"} & set(kpi) and self.chance(25):
                kpi["kind"] = "PI"
        self.rules = self.credit_rules()
        self.down = down = {name: self.spans(self.draw.randint(0, 9), None) for name in self.services}
        unseen = {name: self.apart(self.spans(self.draw.randint(0, 2), 9 * HOUR), down[name]) for name in self.services}
        degraded = {
            name: self.apart(self.spans(self.draw.randint(0, 2), 30 * HOUR), [*down[name], *unseen[name]])
            for name in self.services
        }
        users = {(name, start): (self.draw.randint(1, 9), 10) for name in self.services for start, _ in down[name]}
        impacts = {key: share for key, share in users.items() if self.chance(12)}
        tickets = self.tickets()
        terms: dict[str, Any] = {
            "term": {"start": f"{self.months[0]}-{self.first_day:02}", "end": str(date(2029, 6, 30))},
            "time_zone": self.zone.key,
            "calendars": CALENDARS,
            "accounting": {
                "confirmation": 1,
                "coverage_floor": 0,
                "quarters": self.draw.choice(["term", "calendar"]),
            },
            "services": [
                service(
                    name,
                    endpoint(f"e-{name}"),
                    service_hours=self.draw.choice(["always", "always", "office", "long", "early"]),
                )
                for name in self.services
            ],
            "maintenance": self.maintenance(),
            "kpis": self.kpis,
            "charges": {
                "part_months": self.draw.choice(["by_day", "whole"]),
                "monthly": [
                    {"amount": f"{self.draw.randint(0, 9000)}.37"},
                    *({"service": name, "amount": f"{self.draw.randint(1, 30000)}.11"} for name in self.services),
                ],
            },
            "credits": self.rules,
            "combined": self.combined(),
            "caps": self.caps(),
            "triggers": self.triggers(),
        }
        return Scene(
            self.seed,
            self.zone,
            self.months,
            terms,
            down,
            unseen,
            degraded,
            impacts,
            self.asked(terms["maintenance"], tickets),
            tickets,
            self.figures(),
            self.occurrences(),
            self.waivers(),
        )

    # What happened

    def spans(self, count: int, longest: int | None) -> list[tuple[int, int]]:
        edges = [month_edges(month, self.zone)[0] for month in self.months[1:]]
        edges += [at(f"{day}T03:00", self.zone) for day in CLOCKS_CHANGE if self.start < at(day, self.zone) < self.end]
        found: list[tuple[int, int]] = []
        for _ in range(count):
            length = self.draw.choice([1, 3, 10, 17, HOUR, 5 * HOUR + 1, self.draw.randint(1, 3 * DAY)])
            length = min(length, longest or length)
            start = self.draw.randint(self.start, self.end - 4 * DAY)
            if self.chance(25):
                start = max(self.draw.choice(edges) - self.draw.randint(0, length), self.start)
            found.append((start, start + length))
        return self.apart(found, [])

    def apart(self, several: list[tuple[int, int]], others: list[tuple[int, int]]) -> list[tuple[int, int]]:
        """Those that neither meet one another nor the others."""
        kept: list[tuple[int, int]] = []
        for start, end in several:
            if all(end < a or b < start for a, b in [*kept, *others]):
                kept.append((start, end))
        return sorted(kept)

    def asked(self, maintenance: dict[str, Any], tickets: list[Ticket]) -> list[Asked]:
        decided = [True, True, False, None] if maintenance.get("approval") != "none" else [None]
        found = []
        bookings = self.spans(self.draw.randint(0, 6), 8 * HOUR)
        outages = [one for several in self.down.values() for one in several if self.chance(35)]
        bookings += [(a - self.draw.randint(0, HOUR), a + self.draw.randint(1, 6 * HOUR)) for a, _ in outages]
        for start, end in self.apart([(max(a, self.start), b) for a, b in bookings], []):
            names = self.draw.choice([tuple(self.services), (self.draw.choice(self.services),)])
            found.append(Asked("maintenance", names, start, end, self.draw.choice(decided)))
        for start, end in self.spans(self.draw.randint(0, 4), DAY):
            names = (self.draw.choice(self.services),)
            found.append(Asked("claim", names, start, end, self.draw.choice([True, True, False, None])))
        for ticket in tickets:
            if self.chance(6):
                step = ticket.opened
                found.append(Asked("claim", (), step, step + 1, self.draw.choice([True, False]), (ticket.id,)))
        return found

    def tickets(self) -> list[Ticket]:
        found = [Ticket("T0", "P1", None, self.start, self.start + 2, self.start + 4, 1, ())]
        for number in range(1, self.draw.randint(2, 16)):
            opened = self.draw.randint(self.start, self.end - 2)
            if self.chance(15):
                opened = month_edges(self.draw.choice(self.months), self.zone)[1] - self.draw.randint(1, 5 * HOUR)
            responded = opened + self.draw.choice([1, 20, HOUR, DAY])
            ended = responded + self.draw.choice([0, 10, HOUR, 9 * HOUR, 2 * DAY, self.draw.randint(0, 40 * DAY)])
            stops = []
            if self.chance(40) and ended > responded + 2:
                a = self.draw.randint(responded, ended - 2)
                stops.append((a, self.draw.randint(a + 1, ended), self.draw.choice(["waiting", "lunch"])))
            is_open = self.chance(12)
            if is_open:
                stops = []
            found.append(
                Ticket(
                    f"T{number}",
                    self.draw.choice(["P1", "P2"]),
                    self.draw.choice([None, *self.services]),
                    opened,
                    None if is_open and self.chance(50) else responded,
                    None if is_open else ended,
                    self.draw.choice([None, 1, 1, 2, 3]) if not is_open else None,
                    tuple(stops),
                )
            )
        return found

    def figures(self) -> dict[tuple[str, str], str]:
        found = {}
        for kpi in self.kpis:
            for month in self.months:
                if kpi["indicator"] == "submitted" and self.chance(88):
                    high = kpi.get("direction") != "lower_is_better"
                    number = self.draw.randint(85_000, 100_000) if high else self.draw.randint(0, 300_000)
                    found[kpi["id"], month] = f"{number / 1000:.3f}"
                if kpi["indicator"] == "count" and self.chance(88):
                    found[kpi["id"], month] = str(self.draw.randint(0, 9))
        return found

    def occurrences(self) -> list[tuple[str, str, str, int, bool, int]]:
        rules = [rule for rule in self.rules if rule["method"] == "unit_rate" and "kpi" not in rule]
        found = []
        for rule in rules:
            for _ in range(self.draw.randint(0, 2)):
                is_each = "blocks_of" not in rule
                found.append(
                    (
                        rule["id"],
                        self.draw.choice(self.months),
                        self.draw.choice(["ward", "ward", "yard"]),
                        self.draw.choice([1, 20, HOUR, 5 * HOUR]),
                        is_each and self.chance(40),
                        self.draw.randint(1, 6) if is_each else 1,
                    )
                )
        return found

    def waivers(self) -> list[tuple[str, tuple[str, ...], str]]:
        if not self.chance(40):
            return []
        month, what = self.draw.choice(self.months), self.draw.choice(["points_and_money", "money"])
        monthly = [kpi["id"] for kpi in self.kpis if "measurement_months" not in kpi]
        whose = () if self.chance(15) else (self.draw.choice(monthly),) if monthly else None
        return [] if whose is None else [(month, whose, what)]

    # What the contract says

    def maintenance(self) -> dict[str, Any]:
        found = self.some(approval=["none"], hours=["nights"])
        if self.chance(60):
            found["allowance"] = f"{self.draw.choice([30, 120, 300])}m"
            if self.chance(35):
                found |= {"allowance_used_by": "downtime", "allowance_over": self.draw.choice(["month", "booking"])}
            else:
                found |= self.some(
                    allowance_over=["contract_year", "calendar_year", "booking"],
                    allowance_per=["contract"],
                    excess=["counted", "excluded"],
                )
        return found

    def banded(self, kpi: dict[str, Any], step: float) -> dict[str, Any]:
        """The KPI, perhaps with bands, rounding, a repeat and points for each event."""
        target, is_low = float(kpi["target"]), kpi.get("direction") == "lower_is_better"
        sign = 1 if is_low else -1
        edges = [f"{target:.9g}", f"{target + sign * step:.9g}"]
        if self.chance(60):
            good, bad, bad_open = ("at_most", "at_most", "above") if is_low else ("at_least", "at_least", "below")
            points = sorted(self.draw.randint(0, 6) for _ in range(2))
            amounts = sorted(self.draw.randint(0, 900) for _ in range(2))
            kpi["bands"] = [
                {"name": "met", good: edges[0]},
                {"name": "minor", bad: edges[1], bad_open: edges[0], "points": points[0], "amount": f"{amounts[0]}.05"},
                {"name": "severe", bad_open: edges[1], "points": points[1], "amount": f"{amounts[1] + 1}.25"},
            ]
            places = self.draw.randint(0, 3)
            mode = self.draw.choice(["half_up", "half_even", "down", "up"])
            kpi["rounding"] = self.draw.choice(
                [{"mode": "none"}, {"mode": mode, "places": places}, {"mode": mode, "places": places, "when": "after"}]
            )
            if self.chance(60):
                kpi["repeat"] = {
                    "factor": self.draw.choice(["2", "1.5"]),
                    "compounding": self.chance(40),
                    "on_missing": self.draw.choice(["breaks", "keeps", "counts"]),
                }
        return kpi

    def time_kpis(self) -> list[dict[str, Any]]:
        found = []
        for name in self.services:
            for number in range(self.draw.randint(1, 2)):
                counting = self.some(
                    excluded=["removed", "available", "counted"],
                    maintenance=["removed", "available", "counted"],
                    unknown=["up", "down", "excluded"],
                    minutes=["whole", "begun", "exact"],
                    shortest_outage=["2m", "6m"],
                    degraded=["50", "100"],
                )
                kpi: dict[str, Any] = {"id": f"time-{name}{number}", "service": name, "counting": counting}
                if self.chance(30):
                    target = self.draw.choice(["5", "45", "240"])
                    kpi |= {"indicator": "downtime", "target": target}
                    found.append(self.quarterly(self.banded(kpi | {"direction": "lower_is_better"}, 60)))
                else:
                    if self.chance(30):
                        counting["denominator"] = "43200m"
                    kpi |= {"indicator": "availability", "target": self.draw.choice(["99.9", "99.5", "98"])}
                    found.append(self.quarterly(self.banded(kpi, 1)))
        return found

    def quarterly(self, kpi: dict[str, Any]) -> dict[str, Any]:
        return kpi | ({"measurement_months": 3} if self.chance(20) else {})

    def figure_kpis(self) -> list[dict[str, Any]]:
        found = []
        if self.chance(70):
            found.append(self.banded({"id": "said", "indicator": "submitted", "target": "95"}, 4))
        if self.chance(50):
            low = {"id": "slow", "indicator": "submitted", "direction": "lower_is_better", "target": "100"}
            found.append(self.banded(low, 50))
        if self.chance(50):
            count = self.banded({"id": "count", "indicator": "count", "target": "3", "direction": "lower_is_better"}, 2)
            found.append(count | self.some(points_each=["1", "0.5"]))
        return found

    def ticket_kpis(self) -> list[dict[str, Any]]:
        found = []
        own = self.some(priorities=[["P1"], ["P1", "P2"]], service=self.services)
        clock = self.some(calendar=["office", "always"], stops=[["waiting"], ["waiting", "lunch"]])
        both = {**own, "clock": clock}
        if self.chance(60):
            kpi = {"id": "late", "indicator": "ratio_in_target", "target": "80", **both}
            kpi |= {"within": self.draw.choice(["30m", "240m", "1440m"])}
            kpi |= self.some(
                measures=["response"], counted_when=["ended"], min_denominator=[3], no_events=["met"], points_each=["1"]
            )
            found.append(self.quarterly(self.banded(kpi, 15)))
        if self.chance(40):
            kpi = {"id": "repair", "indicator": "ticket_time", "target": "240", "direction": "lower_is_better", **both}
            kpi |= self.draw.choice([{"statistic": "mean"}, {"statistic": "percentile", "percentile": "90"}])
            kpi |= self.some(counted_when=["opened"], open_tickets=["counted"], measures=["response"])
            found.append(self.quarterly(self.banded(kpi, 600)))
        if self.chance(40):
            kpi = {"id": "backlog", "indicator": "backlog_age", "target": "600", "direction": "lower_is_better", **both}
            kpi |= self.draw.choice(
                [{"statistic": "mean"}, {"statistic": "oldest"}, {"statistic": "percentile", "percentile": "50"}]
            )
            found.append(self.quarterly(self.banded(kpi, 4000)))
        if self.chance(40):
            kpi = {"id": "fixed", "indicator": "first_time_fix", "target": "60", **both}
            found.append(self.banded(kpi | self.some(min_denominator=[4], no_events=["met"]), 20))
        return found

    def composites(self) -> list[dict[str, Any]]:
        indicators = ("availability", "ratio_in_target", "first_time_fix")
        names = [
            kpi["id"]
            for kpi in self.kpis
            if "measurement_months" not in kpi and (kpi["indicator"] in indicators or kpi["id"] == "said")
        ]
        if len(names) < 2 or not self.chance(35):
            return []
        parts = [{"kpi": name, "weight": str(self.draw.randint(1, 4))} for name in self.draw.sample(names, 2)]
        kpi = {"id": "index", "indicator": "composite", "target": "97", "parts": parts}
        return [self.banded(kpi | {"combine": self.draw.choice(["weighted", "all_of"])}, 5)]

    def low(self, kpi: dict[str, Any]) -> bool:
        return kpi.get("direction") == "lower_is_better"

    def edge(self, kpi: dict[str, Any], worse_by: float) -> dict[str, Any]:
        """An edge of a table, so much worse than the target."""
        level = float(kpi["target"]) + (worse_by if self.low(kpi) else -worse_by)
        return {self.draw.choice(["above", "at_least"] if self.low(kpi) else ["below", "at_most"]): f"{level:.9g}"}

    def step_of(self, kpi: dict[str, Any]) -> float:
        percent = {"availability": 0.2, "submitted": 2, "ratio_in_target": 12, "first_time_fix": 12, "count": 1}
        return percent.get(kpi["indicator"], 30)

    def payable(self) -> dict[str, Any]:
        found: dict[str, Any] = {"service": self.draw.choice(self.services)} if self.chance(50) else {}
        if self.chance(15):
            found["min_payout"] = self.draw.choice([{"more_than": "20.00"}, {"at_least": "20.00"}])
        return found

    def repeating(self) -> dict[str, Any]:
        if not self.chance(35):
            return {}
        pays = self.draw.choice(["all", "latest"])
        return {"only_if_repeated": {"periods": self.draw.choice([2, 2, 3]), "pays": pays}}

    def credit_rules(self) -> list[dict[str, Any]]:
        makers = [
            self.points,
            self.shortfall,
            self.shortfall,
            self.tiers,
            self.ladder,
            self.ratchet,
            self.unit_rate,
            self.unit_rate,
            self.bands,
            self.per_ticket,
            self.per_ticket,
            self.fixed,
            self.days,
            self.bonus,
        ]
        chosen = self.draw.sample(makers, self.draw.randint(2, 5))
        return [rule | {"id": f"r{n}"} for n, make in enumerate(chosen) if (rule := make())]

    def points(self) -> dict[str, Any]:
        return {"method": "points", "per_point_percent": self.draw.choice(["1", "1/3"]), **self.payable()}

    def shortfall(self) -> dict[str, Any]:
        kpi = self.draw.choice(self.kpis)
        step = self.step_of(kpi)
        rule: dict[str, Any] = {"method": "shortfall", "kpis": [kpi["id"]], **self.payable(), **self.repeating()}
        rule |= {"partial": self.draw.choice(["prorata", "floor", "ceil"])} | self.some(step=[f"{step:.9g}"])
        rule |= self.some(max_percent=["10"])
        way = self.draw.randrange(3)
        if way == 0:
            rule["rate_percent"] = self.draw.choice(["0.5", "2", "1/7"])
        elif way == 1:
            rule["share"] = "1/30"
        else:
            sign = 1 if self.low(kpi) else -1
            ends = [f"{float(kpi['target']) + sign * step * n:.9g}" for n in (2, 5)]
            last = [{"percent": "40"}, {"rate_percent": "0.25"}, {"to": ends[1], "rate_percent": "0.5"}]
            rule["slices"] = [{"to": ends[0], "rate_percent": "1.5"}, self.draw.choice(last)]
            return rule
        if self.chance(40):
            sign = 1 if self.low(kpi) else -1
            by = self.draw.choice([-0.5, 0.7]) * step * sign
            rule["measured_from"] = f"{max(float(kpi['target']) + by, 0):.9g}"
        return rule

    def tiers(self) -> dict[str, Any]:
        kpi = self.draw.choice(self.kpis)
        step = self.step_of(kpi)
        rows = [{**self.edge(kpi, step * n), "percent": percent} for n, percent in ((0, "5"), (2, "12.5"), (4, "30"))]
        self.draw.shuffle(rows)
        return {"method": "tiers", "kpi": kpi["id"], "tiers": rows, **self.payable(), **self.repeating()}

    def ladder(self) -> dict[str, Any]:
        between = self.draw.choice(["step_down", "step_up", "prorata"])
        rungs = [{"at_least": 3, "percent": "2"}, {"at_least": 6, "percent": "5"}, {"at_least": 14, "percent": "9"}]
        if self.chance(30):
            rungs.insert(0, {"at_least": 0, "percent": "0"})
        return {"method": "ladder", "between": between, "rungs": rungs, **self.payable()}

    def ratchet(self) -> dict[str, Any]:
        slices = [{"up_to": 5, "factor": "1"}, {"up_to": 9, "factor": "1.5"}, {"factor": "3"}]
        return {"method": "ratchet", "free": "2", "per_point": "3.25", "slices": slices}

    def unit_rate(self) -> dict[str, Any]:
        rule: dict[str, Any] = {"method": "unit_rate"}
        rule |= self.draw.choice([{"rate": "7"}, {"rate": "1.985309"}, {"share": "1/30"}])
        counts = [kpi["id"] for kpi in self.kpis if kpi["indicator"] == "count"]
        if counts and self.chance(25):
            return rule | {"kpi": counts[0]} | self.some(max_blocks=[3])
        rule |= {"service": self.draw.choice(self.services)} if self.chance(75) else {}
        rule |= {"block": f"{self.draw.choice([1, 30, 60, 480])}m"}
        rule |= self.some(blocks=["full", "begun", "prorata"], after=["5m", "60m"], max_blocks=[2, 20])
        rule |= self.some(rectified_within=["3m", "90m"])
        if self.chance(35):
            return rule | {"blocks_of": "period"}
        rule |= self.some(
            used_factor=["0.5"],
            repeats=[[{"more_than": 1, "factor": "1.5"}, {"at_least": 4, "factor": "2"}]],
        )
        if self.chance(25):
            rule["weights"] = {"ward": "3", **({self.services[0]: "2"} if self.chance(60) else {})}
        return rule

    def bands(self) -> dict[str, Any]:
        names = [kpi["id"] for kpi in self.kpis if "bands" in kpi]
        return {"method": "bands", "kpis": names} if names else {}

    def per_ticket(self) -> dict[str, Any]:
        if not any(kpi["id"] == "late" for kpi in self.kpis):
            return {}
        rows: list[dict[str, Any]] = [{"amount": "2.00"}, {"above": "180m", "amount": "4.00"}]
        rows.append({"at_least": "600m", **self.draw.choice([{"amount": "11.00"}, {"share": "1/200"}])})
        rule = {"method": "per_ticket", "kpi": "late", "late": rows[self.draw.randint(0, 1) :], **self.payable()}
        return rule | (self.some(blocks=["begun", "full"]) | {"block": "60m"} if self.chance(50) else {})

    def fixed(self) -> dict[str, Any]:
        names = self.draw.sample([kpi["id"] for kpi in self.kpis], min(2, len(self.kpis)))
        amounts = {name: f"{self.draw.randint(1, 900)}.15" for name in names}
        return {"method": "fixed", "amounts": amounts, **self.repeating()}

    def days(self) -> dict[str, Any]:
        kpi = self.draw.choice(self.kpis)
        rows = [{**self.edge(kpi, self.step_of(kpi) * n), "days": days} for n, days in ((0, 2), (2, 5))]
        gives = self.draw.choice(["free_service", "added_term"])
        return {"method": "days", "kpi": kpi["id"], "gives": gives, "tiers": rows} | self.some(max_days=[6])

    def bonus(self) -> dict[str, Any]:
        kpi = self.draw.choice(self.kpis)
        words = ["below", "at_most"] if self.low(kpi) else ["above", "at_least"]
        level = float(kpi["target"])
        rows: list[dict[str, Any]] = [{self.draw.choice(words): f"{level:.9g}", "percent": "0.5"}]
        rows.append({self.draw.choice(words): f"{level * (0.5 if self.low(kpi) else 1.0005):.9g}", "amount": "120.00"})
        rule = {"method": "bonus", "kpi": kpi["id"], "rewards": rows}
        if self.chance(30):
            return rule | {"against": "charges"}
        return rule | self.some(carry_forward_months=[1, 2])

    def combined(self) -> list[dict[str, Any]]:
        names = [rule["id"] for rule in self.rules if rule["method"] not in ("days", "bonus")]
        if len(names) < 2 or not self.chance(50):
            return []
        chosen = self.draw.sample(names, self.draw.randint(2, len(names)))
        found: dict[str, Any] = {
            "id": "one-of",
            "credits": chosen,
            "pays": self.draw.choice(["greatest", "first", "sum"]),
        }
        found |= self.some(among=["lines", "rules"], scope=["service", "contract"])
        if found["pays"] == "sum" or self.chance(30):
            found |= self.draw.choice([{"max_percent": "7.5"}, {"max_amount": "333.33"}])
        return [found]

    def caps(self) -> list[dict[str, Any]]:
        overs = ["period", "quarter", "contract_year", "calendar_year", "trailing_12_months"]
        found: list[dict[str, Any]] = []
        for number in range(self.draw.randint(0, 2)):
            cap: dict[str, Any] = {"id": f"cap{number}", "over": self.draw.choice(overs)}
            if self.chance(50):
                cap["amount"] = f"{self.draw.randint(1, 5000)}.00"
            else:
                bases = ["period", "quarter", "contract_year", "calendar_year", "trailing_12_months"]
                cap |= {"percent": self.draw.choice(["3", "10"]), "base": self.draw.choice(bases)}
            found.append(cap)
        return found

    def triggers(self) -> list[dict[str, Any]]:
        plain = [kpi["id"] for kpi in self.kpis if "measurement_months" not in kpi and kpi["id"].startswith("time-")]
        found: list[dict[str, Any]] = []
        for number in range(self.draw.randint(0, 2)):
            conditions = [self.condition(plain) for _ in range(self.draw.randint(1, 2))]
            when = self.draw.choice(["any", "all"])
            found.append({"id": f"t{number}", "when": when, "conditions": conditions, "effects": ["notice"]})
        return found

    def condition(self, plain: list[str]) -> dict[str, Any]:
        limit = self.draw.choice(["more_than", "at_least"])
        measure = self.draw.choice(["outages", "downtime_hours", "points", "failures", "credits"])
        if measure in ("outages", "downtime_hours") and plain:
            number = self.draw.choice(["1", "2", "3"] if measure == "outages" else ["2", "12.5", "30"])
            window = (
                {"days": self.draw.choice([1, 7, 30, 45])} if self.chance(65) else {"months": self.draw.randint(1, 3)}
            )
            return {"measure": measure, "kpis": [self.draw.choice(plain)], limit: number, **window}
        measure = self.draw.choice(["points", "failures", "credits"])
        number = {"points": "6", "failures": "2", "credits": "500"}[measure]
        over = self.draw.choice(["rolling", "rolling", "consecutive", "contract_year"])
        return {"measure": measure, limit: number, "window": over, "months": self.draw.randint(1, 3)}
