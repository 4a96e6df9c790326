"""Response times as a page shows them: two lines over the days, and a row for each month. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sla_monitor.assess.response_times import ResponseTimes
from sla_monitor.wording.durations import format_probe_duration
from sla_monitor.wording.instants import format_date, format_month
from sla_monitor.wording.numbers import format_count

HEIGHT = 100
"""Of the drawing, in its own units; it is one unit a day wide, and stretched."""


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month so far."""

    name: str
    answers: str
    median: str
    p95: str


@dataclass(frozen=True, slots=True)
class ResponseChart:
    """`median` and `p95`: lines as points of a polyline, one for each run of days with answers. `ticks`: labels from
    the top down. `text` says what the lines show."""

    width: int
    median: tuple[str, ...]
    p95: tuple[str, ...]
    ticks: tuple[str, ...]
    first: str
    last: str
    text: str
    months: tuple[MonthRow, ...]


def response_chart(
    days: Sequence[ResponseTimes], months: Sequence[ResponseTimes], dates: Sequence[date]
) -> ResponseChart | None:
    """The days that are among `dates`; None: nothing has answered on any of them."""
    shown = [one for one in days if dates and dates[0] <= one.on <= dates[-1]]
    if not shown:
        return None
    top_us = _ceiling(max(one.p95_us for one in shown))
    places = [(one.on - dates[0]).days for one in shown]
    latest = shown[-1]
    return ResponseChart(
        width=len(dates) - 1,
        median=_lines(places, [one.median_us for one in shown], top_us),
        p95=_lines(places, [one.p95_us for one in shown], top_us),
        ticks=tuple(format_probe_duration(us) if us else "0" for us in (top_us, top_us // 2, 0)),
        first=format_date(dates[0]),
        last=format_date(dates[-1]),
        text=(
            f"Response times by day; on {format_date(latest.on)}, half of the answers came within"
            f" {format_probe_duration(latest.median_us)}, and 95 % within {format_probe_duration(latest.p95_us)}"
        ),
        months=tuple(_month_row(one) for one in reversed(months)),
    )


def _month_row(one: ResponseTimes) -> MonthRow:
    return MonthRow(
        name=format_month(f"{one.on:%Y-%m}"),
        answers=format_count(one.count, "answer"),
        median=format_probe_duration(one.median_us),
        p95=format_probe_duration(one.p95_us),
    )


def _ceiling(us: int) -> int:
    """The next of 2, 5 and 10 at this size."""
    size = int(f"1{'0' * max(3, len(f'{us}') - 1)}")
    return next(step * size for step in (1, 2, 5, 10) if step * size >= us)


def _lines(places: Sequence[int], times_us: Sequence[int], top_us: int) -> tuple[str, ...]:
    """A day that stands alone is a short line, so that it can be seen."""
    runs: list[list[tuple[float, float]]] = []
    for place, us in zip(places, times_us, strict=True):
        point = (float(place), HEIGHT - HEIGHT * us / top_us)
        if runs and runs[-1][-1][0] == place - 1:
            runs[-1].append(point)
        else:
            runs.append([point])
    whole = [run if len(run) > 1 else [(run[0][0] - 0.4, run[0][1]), (run[0][0] + 0.4, run[0][1])] for run in runs]
    return tuple(" ".join(f"{x:g},{y:.1f}" for x, y in run) for run in whole)
