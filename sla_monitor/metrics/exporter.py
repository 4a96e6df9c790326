"""`/metrics`: everything the daemon tells Prometheus.

Always the text format 0.0.4, which every Prometheus reads: there are no exemplars to carry, and the library's
OpenMetrics encoder would cost a scrape of 1,000 endpoints a fifth of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from sla_monitor.board import Board
from sla_monitor.metrics.series import Family, Row
from sla_monitor.metrics.tables import TABLES
from sla_monitor.names import LATENESS, MetricName

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4

Own = Mapping[MetricName, Iterable[Row]]
"""The daemon's own health: rows by family, read at each scrape."""

Lateness = Callable[[], tuple[tuple[float, ...], list[int], float]]
"""The schedule's histogram: upper bounds in seconds, counts by bucket (one more than the bounds), and the sum."""


class BoardCollector(Collector):
    """The board as the library's metrics: what the fast text is compared with."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def collect(self) -> Iterator[Metric]:
        for metric, rows in TABLES.items():
            yield from Family(metric).metrics(rows(self._board))


class _HealthCollector(Collector):
    """The daemon's own health: few series, so the library's encoder will do."""

    def __init__(self, own: Callable[[], Own], lateness: Lateness) -> None:
        self._own, self._lateness = own, lateness

    def collect(self) -> Iterator[Metric]:
        for metric, rows in self._own().items():
            yield from Family(metric).metrics(rows)
        bounds, counts, total = self._lateness()
        buckets, running = [], 0
        for bound, count in zip([*map(str, bounds), "+Inf"], counts, strict=True):
            running += count
            buckets.append((bound, running))
        yield HistogramMetricFamily(LATENESS.name, LATENESS.help, buckets=buckets, sum_value=total)


class Exporter:
    """Answers scrapes, from any thread: it reads memory only, and keeps nothing but lines it has written."""

    def __init__(self, board: Board, own: Callable[[], Own], lateness: Lateness) -> None:
        self._board = board
        self._families = [(Family(metric), rows) for metric, rows in TABLES.items()]
        self._health = CollectorRegistry(auto_describe=False)
        self._health.register(_HealthCollector(own, lateness))
        ProcessCollector(registry=self._health)

    def render(self, yield_control: Callable[[], None] = lambda: None) -> bytes:
        """The whole exposition. `yield_control` is called now and then: in the daemon, probes that are due go first."""
        board = "".join(family.text(rows(self._board), yield_control) for family, rows in self._families)
        return board.encode() + generate_latest(self._health)
