"""Past samples of one series in a Prometheus, each at the instant of its scrape where it keeps that.

A plain series is asked for as a range vector, whose samples are those that were scraped, with their instants. Any
other expression is evaluated at steps, each looking back no further than a step: otherwise what was not scraped would
seem to be known for five minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sla_monitor import remedies
from sla_monitor.contract.kpis.prometheus_source import PrometheusSource
from sla_monitor.queries.asking import NoAnswer, answered, format_range, format_timestamp

DAY_MS = 86_400_000
STEPS_LIMIT = 10_000
"""Steps of one question: Prometheus answers at most 11,000."""

ANSWER_LIMIT = 64 * 2**20
"""Bytes of one answer: a sample takes some thirty, and there are 86,400 seconds in a day."""

LATEST_S = 10_000_000_000
"""Later instants than the year 2286 are none."""

Sample = tuple[int, str]
"""UTC milliseconds, and the value as Prometheus spells it."""


@dataclass(frozen=True, slots=True)
class History:
    """A Prometheus, asked for `[start, end)` of its record. `is_bounded`: expressions look back no further than a step
    by themselves, as `last_over_time(x[60s])` does."""

    source: PrometheusSource
    range_ms: tuple[int, int]
    step_ms: int
    is_bounded: bool

    def samples(self, query: str, progress: Callable[[int, int], None]) -> Iterator[Sample]:
        """What a series or an expression was, ascending, each instant once. Raises NoAnswer."""
        is_series = self._is_series(query)
        if not is_series and not self.is_bounded and not self._can_be_bounded():
            fresh = f"last_over_time(x[{format_range(0, self.step_ms)}])"
            raise NoAnswer(
                f"this Prometheus looks back five minutes, whatever is asked: {query[:60]!r} would seem to be known"
                f" where nothing was scraped (write {fresh} for each series x, and {remedies.BOUNDED})"
            )
        (start_ms, end_ms), at_ms = self.range_ms, self.range_ms[0]
        while at_ms < end_ms:
            until_ms = min(end_ms, at_ms + (DAY_MS if is_series else STEPS_LIMIT * self.step_ms))
            found = self._scraped(query, at_ms, until_ms) if is_series else self._evaluated(query, at_ms, until_ms)
            yield from (sample for sample in found if at_ms <= sample[0] < until_ms)
            at_ms = until_ms
            progress(at_ms - start_ms, end_ms - start_ms)

    def _is_series(self, query: str) -> bool:
        """Whether the query is a plain series, of which there are scraped samples."""
        form = {"query": f"{query}[1ms]", "time": format_timestamp(self.range_ms[1])}
        return self._is_taken(form, _is_matrix)

    def _can_be_bounded(self) -> bool:
        """Whether this version knows how far to look back: then it refuses what is no length of time."""
        return not self._is_taken(
            {"query": "1", "time": format_timestamp(0), "lookback_delta": "no time"}, lambda data: True
        )

    def _is_taken(self, form: Mapping[str, str], read: Callable[[Any], bool]) -> bool:
        """What is read of the answer; False where the question itself is refused."""
        try:
            return answered(self.source, "query", form, read, ANSWER_LIMIT)
        except NoAnswer as error:
            if "status 400" not in str(error):
                raise
            return False

    def _scraped(self, query: str, start_ms: int, end_ms: int) -> list[Sample]:
        form = {"query": f"{query}[{format_range(start_ms, end_ms)}]", "time": format_timestamp(end_ms)}
        return answered(self.source, "query", form, _only_series, ANSWER_LIMIT)

    def _evaluated(self, query: str, start_ms: int, end_ms: int) -> list[Sample]:
        step = f"{self.step_ms}ms"
        form = {"query": query, "start": format_timestamp(start_ms), "end": format_timestamp(end_ms - 1), "step": step}
        return answered(self.source, "query_range", form | {"lookback_delta": step}, _only_series, ANSWER_LIMIT)


def _is_matrix(data: Any) -> bool:
    return isinstance(data, dict) and data.get("resultType") == "matrix"


def _only_series(data: Any) -> list[Sample]:
    """The samples of the one series that there is; none, if there is none in that time."""
    found = data.get("result") if _is_matrix(data) else None
    if not isinstance(found, list):
        raise NoAnswer("the result is no series (write a query that gives one)")
    if len(found) > 1:
        names = "; ".join(str(one.get("metric") if isinstance(one, dict) else one)[:120] for one in found[:3])
        raise NoAnswer(f"{len(found)} series instead of one: {names} (name the labels of one, or put max() around it)")
    values = found[0].get("values") if found and isinstance(found[0], dict) else [] if not found else None
    if not isinstance(values, list):
        raise NoAnswer("the result has no values (check that the address is a Prometheus)")
    return [_sample(pair) for pair in values]


def _sample(pair: Any) -> Sample:
    at_s, value = pair if isinstance(pair, list) and len(pair) == 2 else (None, None)
    if isinstance(value, str) and isinstance(at_s, int | float) and 0 <= at_s < LATEST_S:  # NaN is neither
        return round(at_s * 1000), value
    raise NoAnswer(f"{str(pair)[:40]} is no sample (check that the address is a Prometheus)")
