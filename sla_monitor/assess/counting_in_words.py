"""The way of counting, in words: what stands on every report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from sla_monitor.contract.endpoints.several_places import Places, ShareOfPlaces
from sla_monitor.contract.fields import spelled_duration
from sla_monitor.contract.kpis.counting import Counting
from sla_monitor.contract.kpis.kpi import Kpi
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.maintenance import OVER_WORDS, MaintenanceTerms, Relief
from sla_monitor.contract.terms import Terms
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.rounding import describe_rounding
from sla_monitor.wording.calendars import describe_calendar
from sla_monitor.wording.durations import format_duration
from sla_monitor.wording.instants import format_day, format_day_at

EXCLUDED = {
    "removed": "Excluded time is taken from both sides of the ratio",
    "available": "Excluded time is deemed available",
    "counted": "Excluded time counts like any other",
}
MAINTENANCE = {
    "removed": "is taken from both sides",
    "available": "is deemed available",
    "counted": "counts like any other time",
}
UNKNOWN = {
    "excluded": "Time that nobody saw is taken from both sides of the ratio",
    "up": "Time that nobody saw is taken as up",
    "down": "Time that nobody saw is taken as down",
}
MINUTES = {
    "exact": "Outages are counted to the millisecond",
    "whole": "Only the whole minutes of each outage count",
    "begun": "Every begun minute of an outage counts",
}


def imported_words(one: Import, zone: ZoneInfo) -> str:
    """`imported from october.json by ann on 29 November 2026`; the source's name is as somebody spelled it."""
    return f"imported from {one.source} by {one.actor} on {format_day_at(one.at_ms, zone)}"


def accounting(terms: Terms) -> tuple[str, ...]:
    """A line for each rule by which a month is counted."""
    lines = [*_probing(terms), *_counting(terms), *maintenance_rules(terms), *_relief(terms.relief), *_figures(terms)]
    return tuple(dict.fromkeys(lines))


def _probing(terms: Terms) -> Iterator[str]:
    failures = terms.accounting.confirmation_failures
    failed = "One failed probe is" if failures == 1 else f"{failures} failed probes in a row are"
    yield f"{failed} an outage; it counts from the first of them."
    floor = terms.accounting.coverage_floor_percent
    yield f"A figure of which less than {floor:f} per cent of the agreed time was seen is shown and not assessed."
    yield f"Days and months are those of {terms.time_zone.key}; terms that change within a month split its hours."
    if terms.accounting.quarters == "calendar" and any(kpi.measurement_months > 1 for kpi in terms.kpis):
        yield "Measurement periods of several months are quarters, half-years and years of the calendar."
    yield "Bands, points and money go by the terms in force at the end of the month."
    for service in terms.services:
        name = service.name or service.id
        if service.available_when == "weighted":
            yield f"{name}: as much of it is down as of the weight of its endpoints that was seen."
        elif service.available_when != "all":
            wanted = "one endpoint" if service.available_when == "any" else f"{service.available_when} endpoints"
            yield f"{name}: available while {wanted} of {len(service.endpoints)} are up."
    yield from _places(terms)


def _places(terms: Terms) -> Iterator[str]:
    """From where endpoints are probed, and how many places must see them down."""
    several: dict[Places, list[str]] = {}
    for service in terms.services:
        for endpoint in service.endpoints:
            if endpoint.seen_from is not None:
                several.setdefault(endpoint.seen_from, []).append(endpoint.id)
    for places, names in several.items():
        sites = f"{', '.join(names)}: probed from {', '.join(places.sites)}"
        yield f"{sites}; down while {_enough(places)} see it down. A place that saw nothing has no say."


def _enough(places: Places) -> str:
    """How many places."""
    quorum, count = places.quorum, len(places.sites)
    if not isinstance(quorum, ShareOfPlaces):
        return {"any": f"1 of {count}", "all": f"all {count}"}.get(f"{quorum}", f"{quorum} of {count}")
    whole = f"the {count} places" if quorum.of == "places" else "the places that saw anything"
    least = f", {quorum.min_active} or more," if quorum.min_active > 1 else ""
    return f"{quorum.percent:f} per cent of {whole}{least}"


def _counting(terms: Terms) -> Iterator[str]:
    """What several KPIs share is said once, with their names where they differ."""
    several = {
        kpi.id: _counting_lines(counting, is_ratio=kpi.unit == "percent" and counting.denominator_ms is None)
        for kpi in terms.kpis
        if (counting := kpi.downtime_counting) is not None
    }
    for line in dict.fromkeys(line for lines in several.values() for line in lines):
        sharing = [name for name, lines in several.items() if line in lines]
        whose = "" if len(sharing) == len(several) else f"{', '.join(sharing)}: "
        yield f"{whose}{line}."


def _counting_lines(counting: Counting, *, is_ratio: bool) -> list[str]:
    excluded, unknown = EXCLUDED[counting.excluded], UNKNOWN[counting.unknown]
    if not is_ratio:
        excluded = "Excluded time is no downtime" if counting.excluded == "removed" else excluded
        unknown = "Time that nobody saw is no downtime" if counting.unknown == "excluded" else unknown
    lines = [excluded, unknown, MINUTES[counting.minutes]]
    if counting.of_maintenance != counting.excluded:
        is_plain = is_ratio or counting.of_maintenance != "removed"
        maintenance = MAINTENANCE[counting.of_maintenance] if is_plain else "is no downtime"
        lines[0] = f"{lines[0]}; permitted maintenance {maintenance}"
    if counting.shortest_outage_ms is not None:
        lines.append(f"Outages shorter than {spelled_duration(counting.shortest_outage_ms)} as a whole do not count")
    if counting.degraded_percent:
        lines.append(f"{counting.degraded_percent:f} per cent of degraded time is downtime")
    if counting.denominator_ms is not None:
        fixed = spelled_duration(counting.denominator_ms)
        lines.append(f"Downtime is divided by {fixed}, however long the measurement period is")
    return [*lines, *_when_down(counting)]


def _when_down(counting: Counting) -> Iterator[str]:
    """By what a service is down, where that is not what its endpoints are."""
    if counting.quorum is not None:
        quorum = counting.quorum
        enough = f"{quorum.percent:f} per cent of the places that probe, {quorum.min_active} or more of them,"
        yield f"Down where {enough} see it so"
    if counting.failed_requests is not None:
        failed = counting.failed_requests
        slots = f"every {spelled_duration(failed.slot_ms)}, from midnight UTC on"
        yield f"Down in {slots}, in which {failed.percent:f} per cent or more of all probes fail"
    if counting.slow_as_down is not None:
        slow = counting.slow_as_down
        limit = f"{slow.multiple:f} times {spelled_duration(slow.promised_ms)}"
        yield f"An answer that takes more than {limit} is no answer"


def maintenance_rules(terms: Terms) -> Iterator[str]:
    """When maintenance is permitted, a sentence for the services that share it."""
    several = {service.name or service.id: terms.maintenance_of(service) for service in terms.services}
    for rules in dict.fromkeys(several.values()):
        sharing = [name for name, its in several.items() if its == rules]
        whose = "" if len(sharing) == len(several) else f" ({', '.join(sharing)})"
        yield f"Maintenance is permitted{whose} " + ", ".join(_permitted(rules, terms)) + "."


def _permitted(rules: MaintenanceTerms, terms: Terms) -> Iterator[str]:
    yield "once the authority has granted it" if rules.approval == "decision" else "by booking it"
    if rules.notice_ms is not None:
        yield f"booked {format_duration(rules.notice_ms)} before"
    if rules.notice_working_days is not None:
        yield f"booked {rules.notice_working_days} Working Days before"
    if rules.hours is not None:
        yield describe_calendar(rules.hours, terms.calendars.get(rules.hours))
    if rules.allowance_ms is not None:
        whose = "each service" if rules.allowance_per == "service" else "all services together"
        beyond = "excluded all the same" if rules.excess == "excluded" else "counted"
        most, over = format_duration(rules.allowance_ms), OVER_WORDS[rules.allowance_over]
        if rules.allowance_used_by == "downtime":
            yield f"up to {most} of downtime {over} for {whose}, while the rest of the booked time counts as it was"
        else:
            yield f"up to {most} {over} for {whose}, and what goes beyond is {beyond}"
    yield f"and emergencies are {'counted' if rules.emergency == 'counted' else 'permitted without notice'}"


def _relief(relief: Relief) -> Iterator[str]:
    yield f"Relief is given for {', '.join(relief.causes)}, once the authority has granted it."
    if relief.notice_working_days is not None:
        late = "is refused" if relief.late == "refused" else "is for the authority to decide"
        yield f"Relief notified more than {relief.notice_working_days} Working Days after the cause was known {late}."
    if relief.deadline_months is not None:
        yield f"Relief may be claimed up to {relief.deadline_months} months after the month, by the day of its notice."


def _figures(terms: Terms) -> Iterator[str]:
    """What several KPIs share is said once, with their names."""
    several = {kpi.id: list(_figure_lines(kpi)) for kpi in terms.kpis}
    for line in dict.fromkeys(line for lines in several.values() for line in lines):
        yield f"{', '.join(name for name, lines in several.items() if line in lines)}: {line}."


def _figure_lines(kpi: Kpi) -> Iterable[str]:
    if kpi.rounding is None or kpi.rounding.mode == "none":
        yield "figures are compared as they are"
    else:
        when = "before they are banded" if kpi.rounding.when == "before_banding" else "for display only"
        yield f"figures are rounded to {describe_rounding(kpi.rounding)}, {when}"
    yield from kpi.counting_words()
    yield from _over_time(kpi)


def _over_time(kpi: KpiTerms) -> Iterator[str]:
    if kpi.measurement_months > 1:
        yield f"measured over {kpi.measurement_months} months"
    if kpi.average_with_previous:
        yield f"averaged with {kpi.average_with_previous} measurement periods before"
    if kpi.repeat is not None:
        each = " for each further one" if kpi.repeat.compounding else ""
        missing = {"breaks": "ends the run", "keeps": "is passed over", "counts": "is a failure in it"}
        yield (
            f"points are multiplied by {kpi.repeat.factor:f}{each} for a failure that follows one;"
            f" a period without a figure {missing[kpi.repeat.on_missing]}"
        )
    if kpi.source_of_truth != "authority":
        whose = "both sides'" if kpi.source_of_truth == "joint" else "the supplier's"
        yield f"the figure that counts is {whose}"
    if kpi.bedding_in_until is not None:
        yield f"points cost no money before {format_day(kpi.bedding_in_until)}"
