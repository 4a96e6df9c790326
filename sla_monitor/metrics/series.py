"""Rows of series, and their two forms: the library's metrics, and text, which is quicker.

prometheus-client's own encoder takes about 13 microseconds a series, and holds the interpreter while probes are
being timed. The line of a series is kept, and written again only when its number has changed. The
text is byte-identical to the library's (tests/metrics/test_series.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from prometheus_client.core import Metric

from sla_monitor.names import MetricName

Row = tuple[tuple[str, ...], float | None]
"""Label values in the family's order, and the value; None leaves the series out: unknown is never a number."""

ROWS_AT_ONCE = 250
"""Rows between two rests: two milliseconds of holding the interpreter when all is new, a third of one later."""


def number(value: float) -> str:
    """A value as the library writes it (that is, as Go's strconv does)."""
    if value is True or value is False:
        return "1.0" if value else "0.0"
    text = repr(float(value))
    if "n" in text:
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
    dot = text.find(".")
    if value > 0 and dot > 6:
        mantissa = f"{text[0]}.{text[1:dot]}{text[dot + 1 :]}".rstrip("0.")
        return f"{mantissa}e+0{dot - 1}" if dot < 11 else f"{mantissa}e+{dot - 1}"
    return text


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


@dataclass(slots=True)
class Family:
    """One metric family, and the line of each of its series as it was last written."""

    metric: MetricName
    _kept: dict[tuple[str, ...], tuple[float | None, str]] = field(default_factory=dict)

    def text(
        self, rows: Iterable[Row], yield_control: Callable[[], None] = lambda: None, is_openmetrics: bool = False
    ) -> str:
        """The family in the text format, or in OpenMetrics. `yield_control` is called after every ROWS_AT_ONCE rows."""
        kept = self._kept
        # The formats differ in what a counter's family is called, and in nothing of its series.
        name = self.metric.name if is_openmetrics else self.metric.sample
        lines = [f"# HELP {name} {self.metric.help}\n# TYPE {name} {self.metric.kind}\n"]
        remaining = iter(rows)
        while some := list(islice(remaining, ROWS_AT_ONCE)):
            for labels, value in some:
                known = kept.get(labels)
                if known is None or known[0] != value:
                    # A line's head is cut from the line: kept beside it, it would double the memory.
                    head = known[1][: known[1].rindex(" ") + 1] if known and known[1] else self._head(labels)
                    known = kept[labels] = (value, "" if value is None else f"{head}{number(value)}\n")
                lines.append(known[1])
            if len(some) == ROWS_AT_ONCE:
                yield_control()
        if len(kept) >= len(lines):
            self._kept = {}  # some label sets are gone: begin again, which costs one scrape
        return "".join(lines)

    def metrics(self, rows: Iterable[Row]) -> Iterator[Metric]:
        """The family as the library knows it."""
        metric = Metric(self.metric.name, self.metric.help, self.metric.kind)
        for labels, value in rows:
            if value is not None:
                metric.add_sample(self.metric.sample, dict(zip(self.metric.labels, labels, strict=True)), value)
        yield metric

    def _head(self, labels: tuple[str, ...]) -> str:
        pairs = sorted(zip(self.metric.labels, labels, strict=True))
        inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs)
        return f"{self.metric.sample}{{{inside}}} " if inside else f"{self.metric.sample} "
