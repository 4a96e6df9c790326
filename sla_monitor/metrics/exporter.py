"""`/metrics`: everything the daemon tells Prometheus, in the format and the coding that the scrape asks for.

The library chooses both (text 0.0.4 or 1.0.0, OpenMetrics; gzip), and the answer is its own output byte for byte. Its
encoders alone would cost a scrape of 1,000 endpoints a fifth of a second, and Prometheus asks for OpenMetrics: so the
board's lines, which the formats share, are kept, and the library writes the few others.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, generate_latest, gzip_accepted
from prometheus_client.registry import Collector

from sla_monitor.board import Board
from sla_monitor.metrics.rows import Rows
from sla_monitor.metrics.series import Family, Row
from sla_monitor.metrics.tables import TABLES
from sla_monitor.names import LATENESS, OF_EACH, MetricName

Encoder = Callable[[Collector], bytes]
"""Writes the whole of a registry; the library has one for each format and way of escaping names."""

PACKED = 1
"""The least effort: text of series shrinks to a twentieth by it. The most effort saves a third of that again, and would
take four times as long as everything else of a scrape."""

SPELT_ALIKE = ("", "underscores", "allow-utf-8")
"""The escaping schemes that leave our names as they are; the others write `_` as `__`."""

Tables = Mapping[MetricName, Rows]

Own = Mapping[MetricName, Iterable[Row]]
"""The daemon's own health: rows by family, read at each scrape."""

Lateness = Callable[[], tuple[tuple[float, ...], list[int], float]]
"""The schedule's histogram: upper bounds in seconds, counts by bucket (one more than the bounds), and the sum."""


class BoardCollector(Collector):
    """The board as the library's metrics: what the fast text is compared with."""

    def __init__(self, board: Board, tables: Tables = TABLES) -> None:
        self._board, self._tables = board, tables

    def collect(self) -> Iterator[Metric]:
        for metric, rows in self._tables.items():
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

    def __init__(
        self,
        board: Board,
        own: Callable[[], Own],
        lateness: Lateness,
        tables: Tables = TABLES,
        speaks: Callable[[], bool] = lambda: True,
    ) -> None:
        """`tables`: of `tables_of`; `speaks`: whether this is the collector of a pair that tells what is of both; one
        that follows tells of itself alone (`names.OF_EACH`)."""
        self._board, self._speaks = board, speaks
        self._families = [(Family(metric), rows) for metric, rows in tables.items()]
        self._health = CollectorRegistry(auto_describe=False)
        self._health.register(_HealthCollector(lambda: own() if speaks() else _of_each(own()), lateness))
        ProcessCollector(registry=self._health)
        self._whole = CollectorRegistry(auto_describe=False)
        for part in (BoardCollector(board, tables), self._health):
            self._whole.register(part)

    def answer(
        self, accept: str = "", accept_encoding: str = "", yield_control: Callable[[], None] = lambda: None
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body for a scrape with these `Accept` and `Accept-Encoding` headers.

        `yield_control` is called now and then: in the daemon, probes that are due go first.
        """
        encoder, content_type = chosen(accept)
        if _escaping(content_type) in SPELT_ALIKE:
            body = self._fast(encoder, content_type.startswith("application/openmetrics-text"), yield_control)
        else:
            body = encoder(self._whole if self._speaks() else self._health)
        headers = {"Content-Type": content_type}
        if gzip_accepted(accept_encoding):
            headers["Content-Encoding"] = "gzip"
            body = gzip.compress(body, PACKED)
        return headers, body

    def _fast(self, encoder: Encoder, is_open: bool, yield_control: Callable[[], None]) -> bytes:
        """The board's kept lines, and behind them what the library writes: with OpenMetrics' end, if it is that."""
        families = self._families if self._speaks() else ()
        text = "".join(family.text(rows(self._board), yield_control, is_open) for family, rows in families)
        return text.encode() + encoder(self._health)


def _of_each(own: Own) -> Own:
    return {metric: rows for metric, rows in own.items() if metric in OF_EACH}


def chosen(accept: str) -> tuple[Encoder, str]:
    """The library's encoder and its content type; those of no header at all, where it cannot read the header.

    Any client may send `version=1.x`, at which the library raises, or a version that is no header's text.
    """
    try:
        encoder, content_type = choose_encoder(accept)
    except TypeError:
        return generate_latest, CONTENT_TYPE_PLAIN_0_0_4
    is_text = content_type.isascii() and content_type.isprintable()
    return (encoder, content_type) if is_text else (generate_latest, CONTENT_TYPE_PLAIN_0_0_4)


def _escaping(content_type: str) -> str:
    return content_type.rpartition("escaping=")[2] if "escaping=" in content_type else ""
