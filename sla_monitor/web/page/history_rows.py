"""SubjectHistory as a page shows it: a bar and a row for each day, and the latest runs of failed probes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sla_monitor.assess.day_states import DayState
from sla_monitor.assess.response_times import ResponseTimes
from sla_monitor.web.page.subject import endpoint_address
from sla_monitor.web.page_record import FailedRun, SubjectHistory
from sla_monitor.wording.durations import format_duration, format_phases, format_probe_duration
from sla_monitor.wording.instants import format_date, format_instant
from sla_monitor.wording.numbers import format_count, format_ratio
from sla_monitor.wording.sights import describe_end, describe_lasted, describe_seen_from
from sla_monitor.wording.text import abridged, plain
from sla_monitor.wording.vocabulary import OUTCOMES, describe_reason

UTC = ZoneInfo("UTC")

TENTHS = 10
"""Heights of the hatched part of a bar."""

EVIDENCE_SHOWN = 600
"""Characters of an answer that are shown; all that was kept is in the record."""


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day. `look` is how its bar looks: a state, `none` (no time that counts) or `before` (not watched yet);
    `hatched`: how many tenths of it nobody saw, at least one if any. `text` says all of it."""

    id: str
    is_watched: bool
    look: str
    hatched: int
    date: str
    word: str
    availability: str
    down: str
    unknown: str
    excluded: str
    median: str
    p95: str
    text: str


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A run of failed probes. `detail` and `answer` are hostile text, made harmless for the eye."""

    endpoint: str
    address: str
    began: str
    began_utc: str
    ended: str
    lasted: str
    reason: str
    probes: str
    took: str
    phases: str
    status: str
    detail: str
    answer: str
    is_cut: bool
    is_kept: bool


def day_rows(history: SubjectHistory, times: Sequence[ResponseTimes]) -> tuple[DayRow, ...]:
    """Every day, the oldest first, with how long answers took on it where that is known."""
    known = {one.on: one for one in times}
    return tuple(_day_row(day, known.get(day.on)) for day in history.days)


def _day_row(day: DayState, times: ResponseTimes | None) -> DayRow:
    word = "not watched yet" if not day.is_watched else "no service time" if day.state is None else _word(day)
    look = "before" if not day.is_watched else "none" if day.state is None else day.state.value
    lasted = {
        "down": format_duration(day.down_ms, up=True) if day.down_ms else "",
        "unknown": format_duration(day.unknown_ms, up=True) if day.unknown_ms else "",
        "degraded": format_duration(day.degraded_ms) if day.degraded_ms else "",
        "excluded": format_duration(day.excluded_ms) if day.excluded_ms else "",
    }
    date = format_date(day.on)
    told = ", ".join(f"{name} {time}" for name, time in lasted.items() if time)
    return DayRow(
        id=f"day-{day.on}",
        is_watched=day.is_watched,
        look=look,
        hatched=_hatched(day),
        date=date,
        word=word,
        availability=format_ratio(day.availability_ratio, none="") if day.is_watched else "",
        down=lasted["down"],
        unknown=lasted["unknown"],
        excluded=lasted["excluded"],
        median=format_probe_duration(times.median_us) if times else "",
        p95=format_probe_duration(times.p95_us) if times else "",
        text=f"{date}: {word}{f' ({told})' if told else ''}",
    )


def _word(day: DayState) -> str:
    if day.down_ms:
        return "outage"
    return OUTCOMES[day.state].lower() if day.state else ""


def _hatched(day: DayState) -> int:
    """Never nothing where anything is unknown, and never all where anything was seen."""
    if not day.unknown_ms:
        return 0
    if not day.seen_ms:
        return TENTHS
    return min(TENTHS - 1, max(1, round(day.unknown_ratio * TENTHS)))


def failure_rows(
    failures: Iterable[FailedRun], contract: str, names: Mapping[str, str], at: tuple[ZoneInfo, int]
) -> tuple[FailureRow, ...]:
    """The latest first. `names`: of the endpoints, by their ids. `at`: the contract's zone, and now."""
    return tuple(_failure_row(one, contract, names, *at) for one in failures)


def _failure_row(one: FailedRun, contract: str, names: Mapping[str, str], zone: ZoneInfo, now_ms: int) -> FailureRow:
    finding = one.first.finding if one.first else None
    text = "\n".join(map(plain, finding.evidence.decode(errors="replace").splitlines())) if finding else ""
    end_ms = now_ms if one.end_ms is None else one.end_ms
    return FailureRow(
        endpoint=plain(describe_seen_from(names.get(one.endpoint, one.endpoint), one.site)),
        address=endpoint_address(contract, one.endpoint),
        began=format_instant(one.start_ms, zone),
        began_utc=format_instant(one.start_ms, UTC),
        ended="" if one.end_ms is None else describe_end(format_instant(one.end_ms, zone), is_seen=one.end_seen),
        lasted=describe_lasted(end_ms - one.start_ms, is_seen=one.end_seen),
        reason=describe_reason(one.reason),
        probes=format_count(one.probes, "failed probe") if finding else "",  # of an imported outage nobody knows it
        took=format_probe_duration(finding.duration_us) if finding else "",
        phases=format_phases(finding.phases) if finding else "",
        status=f"{finding.status}" if finding and finding.status is not None else "",
        detail=plain(finding.detail) if finding else "",
        answer=abridged(text, EVIDENCE_SHOWN),
        is_cut=len(text) > EVIDENCE_SHOWN,
        is_kept=finding is not None,
    )
