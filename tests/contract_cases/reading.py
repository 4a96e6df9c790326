"""Reads a case: terms, what was seen, and what the contract says about it. Nothing here knows any one case."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sla_monitor.contract.endpoints.endpoint import Endpoint
from sla_monitor.contract.fields import parse_duration
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.contract.reading.nodes import plain
from sla_monitor.contract.reading.yaml_file import read_document
from sla_monitor.contract.terms import Terms
from sla_monitor.periods.edges import month_of
from sla_monitor.sla.aggregation import needing
from sla_monitor.sla.availability import known, seen_from_places, timeline, within
from sla_monitor.sla.downtime import CountedOutage, Loss, Seconds, counted_ms
from sla_monitor.sla.indicators import EventCounts, Slot
from sla_monitor.sla.measure import KpiInput, MeasureFrame, measured
from sla_monitor.sla.observation import Outcome
from sla_monitor.sla.results import DayDowntime, Misreport, MonthInput, Occurrence
from sla_monitor.sla.spans import Span, extend
from sla_monitor.sla.tickets import Stop, Ticket
from tests.support.terms import terms_of

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One variant of one case file."""

    name: str
    data: dict[str, Any]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.data.get("zone", "UTC"))

    def terms(self) -> Terms:
        return terms_of(self.data.get("terms", {}))

    def rows(self) -> list[list[dict[str, Any]]]:
        """Runs of months: `months` is one run, every item of `rows` a run of its own."""
        runs = [[row] for row in self.data.get("rows", ())]
        several = [*runs, self.data["months"]] if "months" in self.data else runs
        return [[self._timed(row) for row in run] for run in several]

    def _timed(self, row: dict[str, Any]) -> dict[str, Any]:
        """What sites saw becomes the time of the KPIs of their endpoints' services."""
        if "sites" not in row:
            return row
        terms = self.terms()
        return {**row, "time": {kpi.id: time_seen(self, terms, kpi.service, row) for kpi in terms.availability_kpis}}


def read_cases() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.yaml")):
        document = read_document(path)
        assert not document.problems, document.problems
        data = plain(document.root)
        for variant in data.pop("variants", [{}]):
            whole = {**deepcopy(data), **variant}
            for key, value in whole.pop("set", {}).items():
                put(whole["terms"], key.split("."), value)
            name = f"{path.stem}: {variant['title']}" if "title" in variant else path.stem
            yield Case(name, whole)


def put(into: Any, path: list[str], value: Any) -> None:
    """Change one value, found by keys and positions."""
    steps: list[Any] = [int(part) if part.isdigit() else part for part in path]
    for key in steps[:-1]:
        into = into[key]
    into[steps[-1]] = value


def month_name(row: dict[str, Any]) -> str:
    return str(row.get("month", "2026-01"))


def frame_of(case: Case, terms: Terms, row: dict[str, Any]) -> MeasureFrame:
    month = month_name(row)
    middle = datetime(int(month[:4]), int(month[5:]), 15, tzinfo=case.zone)
    period = month_of(int(middle.timestamp() * 1000), case.zone)
    floor = Fraction(terms.accounting.coverage_floor_percent) / 100
    return MeasureFrame(period, instant(row.get("now"), case.zone, period.end_ms), case.zone, terms.calendars, floor)


def month_input(case: Case, terms: Terms, row: dict[str, Any]) -> MonthInput:
    """What a row says was seen in a month."""
    frame = frame_of(case, terms, row)
    seen = {kpi.id: seen_of(kpi.id, row, frame) for kpi in terms.kpis}
    for kpi in terms.availability_kpis:
        if (time := seen[kpi.id].seconds) is not None:
            seen[kpi.id] = replace(seen[kpi.id], outages=tuple(outages_of(time, kpi.counting, frame.period.start_ms)))
    return MonthInput(
        month=month_name(row),
        measured={kpi.id: measured(kpi, seen[kpi.id], frame) for kpi in terms.kpis if seen[kpi.id] != KpiInput()},
        charges={key: Decimal(value) for key, value in row.get("charges", case.data.get("charges", {})).items()},
        occurrences={key: tuple(map(occurrence, several)) for key, several in row.get("occurrences", {}).items()},
        misreports=tuple(misreport(one) for one in row.get("misreports", ())),
        by_day={
            kpi: tuple(one for outage in time.get("down", ()) for one in by_day(outage, case.zone))
            for kpi, time in row.get("time", {}).items()
        },
    )


def outages_of(time: Seconds, counting: Counting, begins_ms: int) -> Iterator[CountedOutage]:
    """One after the other, as long as they were."""
    for loss in time.losses:
        yield CountedOutage(begins_ms, begins_ms + loss.whole_ms, counted_ms(loss, counting))
        begins_ms += loss.whole_ms


def by_day(outage: Any, zone: ZoneInfo) -> Iterator[DayDowntime]:
    """An outage from and to, cut at midnight on the wall; of one that has no days, nothing is asked."""
    if not isinstance(outage, dict) or "began" not in outage:
        return
    start_ms, end_ms = (instant(outage[key], zone, 0) for key in ("began", "ended"))
    begins_ms, day = start_ms, datetime.fromisoformat(outage["began"]).date()
    while begins_ms < end_ms:
        ends_ms = min(instant(f"{day + timedelta(days=1)}T00:00", zone, 0), end_ms)
        yield DayDowntime(day, start_ms, Fraction(ends_ms - begins_ms))
        begins_ms, day = ends_ms, day + timedelta(days=1)


def seen_of(kpi: str, row: dict[str, Any], frame: MeasureFrame) -> KpiInput:
    counts, seconds = row.get("counts", {}).get(kpi), row.get("time", {}).get(kpi)
    return KpiInput(
        seconds=None if seconds is None else seconds_of(seconds, frame),
        slots=tuple(Slot(*pair) for pair in row.get("slots", {}).get(kpi, ())),
        samples_us=tuple(parse_duration(one) * 1000 for one in row.get("samples", {}).get(kpi, ())),
        counts=None if counts is None else EventCounts(*counts),
        tickets=tuple(ticket_of(one, frame.zone) for one in row.get("tickets", {}).get(kpi, ())),
        figure=number(row.get("figures", {}).get(kpi)),
        submitted=number(row.get("submitted", {}).get(kpi)),
        agreed=number(row.get("agreed", {}).get(kpi)),
    )


def site_spans(case: Case, row: dict[str, Any], endpoint: Endpoint, site: str) -> list[Span]:
    """What a site recorded in a month: its probes, `phase` past every interval. `failed` ones found it down; in
    `silent` time it made none."""
    given, period = row["sites"][endpoint.id][site], frame_of(case, case.terms(), row).period
    failed, silent = (
        tuple(
            (instant(f"{month_name(row)}-{start}", case.zone, 0), instant(f"{month_name(row)}-{end}", case.zone, 0))
            for start, end in given.get(key, ())
        )
        for key in ("failed", "silent")
    )
    phase_ms = parse_duration(given["phase"]) if "phase" in given else 0
    return probed(endpoint.every_ms, phase_ms, (period.start_ms, period.end_ms), failed, silent)


Times = tuple[tuple[int, int], ...]


@cache  # a case is read for each question that is put to it
def probed(every_ms: int, phase_ms: int, month_ms: tuple[int, int], failed: Times, silent: Times) -> list[Span]:
    """The spans of probes, one each interval, with the one that reaches into the month from before it."""
    spans: list[Span] = []
    for at_ms in range(month_ms[0] - every_ms + phase_ms, month_ms[1], every_ms):
        if not any(start <= at_ms < end for start, end in silent):
            is_down = any(start <= at_ms < end for start, end in failed)
            outcome, last = Outcome.DOWN if is_down else Outcome.UP, spans.pop() if spans else None
            spans += extend(last, at_ms, outcome, None, every_ms)
    return [span for span in spans if span.end_ms > month_ms[0]]


def time_seen(case: Case, terms: Terms, service: str, row: dict[str, Any]) -> dict[str, Any]:
    """The time of a service all of whose endpoints must be up."""
    range_ms = (period := frame_of(case, terms, row).period).start_ms, period.end_ms
    failures, states = terms.accounting.confirmation_failures, []
    for endpoint in terms.services_by_id[service].endpoints:
        several = [known(site_spans(case, row, endpoint, site), failures, *range_ms) for site in endpoint.sites]
        places = endpoint.seen_from
        states.append((seen_from_places(several, places, *range_ms) if places else several[0], 1))
    stretches = within(timeline(states, needing(len(states), len(states)), *range_ms), [range_ms])
    down = [one[:2] for one in stretches if one[2] is Outcome.DOWN]
    unseen_ms = sum(end_ms - start_ms for start_ms, end_ms, outcome, _ in stretches if outcome is Outcome.UNKNOWN)
    told: dict[str, Any] = {"down": [dict(zip(("began", "ended"), map(spelled, pair), strict=True)) for pair in down]}
    return told | ({"unknown": f"{unseen_ms}ms"} if unseen_ms else {})


def spelled(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")


def seconds_of(given: dict[str, Any], frame: MeasureFrame) -> Seconds:
    """Durations; `agreed` is the whole month unless it is said. `beyond`: down, in booked time that follows what is
    excluded and that the contract counts all the same."""
    whole, plain = (
        frame.period.end_ms - frame.period.start_ms,
        ("excluded", "excluded_down", "kept", "degraded", "unknown"),
    )
    assert given.keys() <= {"agreed", "down", "beyond", *plain}
    rest = {f"{key}_ms": parse_duration(given[key]) for key in plain if key in given}
    agreed = parse_duration(given["agreed"]) if "agreed" in given else whole
    losses = [loss_of(one, frame.zone) for one in given.get("down", ())]
    if "beyond" in given:
        beyond_ms = parse_duration(given["beyond"])
        losses.append(Loss(rest.get("excluded_down_ms", 0) + beyond_ms, beyond_ms))
    return Seconds(agreed, tuple(losses), **rest)


def loss_of(given: Any, zone: ZoneInfo) -> Loss:
    """`400m`, or from and to, or a whole and its share of the users."""
    if isinstance(given, str):
        return Loss(parse_duration(given), parse_duration(given))
    if "began" in given:
        whole = instant(given["ended"], zone, 0) - instant(given["began"], zone, 0)
        return Loss(whole, whole)
    whole = parse_duration(given["whole"])
    users = given.get("users", [1, 1])
    return Loss(whole, parse_duration(given.get("counted", given["whole"])), Fraction(users[0], users[1]))


def ticket_of(given: dict[str, Any], zone: ZoneInfo) -> Ticket:
    def optional(key: str) -> int | None:
        return instant(given[key], zone, 0) if key in given else None

    stops = (Stop(instant(a, zone, 0), instant(b, zone, 0), why) for a, b, why in given.get("stops", ()))
    return Ticket(
        str(given["id"]),
        given["priority"],
        instant(given["opened"], zone, 0),
        optional("responded"),
        optional("ended"),
        tuple(stops),
        given.get("service"),
        given.get("attempts"),
    )


def occurrence(given: dict[str, Any]) -> Occurrence:
    rest = {key: value for key, value in given.items() if key != "lasted"}
    return Occurrence(parse_duration(given["lasted"]), **rest)


def misreport(given: dict[str, Any]) -> Misreport:
    return Misreport(**{**given, "omitted": Decimal(given["omitted"])})


def instant(text: str | None, zone: ZoneInfo, otherwise: int) -> int:
    """`2026-01-02T16:30` in the case's zone."""
    return otherwise if text is None else round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


def number(value: Any) -> Fraction | None:
    """A number, or a duration in milliseconds."""
    if isinstance(value, str):
        return Fraction(parse_duration(value))
    return None if value is None else Fraction(value)
