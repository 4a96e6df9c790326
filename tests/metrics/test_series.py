"""The quick text is the library's text, byte for byte."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics
from prometheus_client.registry import Collector

from sla_monitor.metrics.exporter import Encoder
from sla_monitor.metrics.series import ROWS_AT_ONCE, Family, Row
from sla_monitor.names import MetricName


class One(Collector):
    def __init__(self, family: Family, rows: list[Row]) -> None:
        self.family, self.rows = family, rows

    def collect(self) -> list[Metric]:
        return list(self.family.metrics(self.rows))


def by_the_library(metric: MetricName, rows: list[Row], encoder: Encoder = generate_latest) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(One(Family(metric), rows))
    return encoder(registry).decode()


values = st.one_of(
    st.floats(), st.integers(-(10**18), 10**18), st.sampled_from([0, 1, 1e6, 1e7, 1.5e21, 1e-7, math.nan])
)
label_text = st.text(max_size=8)
rows_of = st.lists(st.tuples(st.tuples(label_text, label_text), values), max_size=8, unique_by=lambda row: row[0])
gauge = MetricName("sla_x_seconds", "gauge", ("zone", "area"), "A thing.")
counter = MetricName("sla_x", "counter", ("zone", "area"), "A thing that is counted.")


@given(st.sampled_from([gauge, counter]), rows_of)
def test_the_text_is_byte_identical_to_the_library(metric: MetricName, rows: list[Row]) -> None:
    family = Family(metric)
    assert family.text(rows) == by_the_library(metric, rows)
    assert family.text(rows) == by_the_library(metric, rows), "and again, from kept lines"
    assert family.text(rows, is_openmetrics=True) + "# EOF\n" == by_the_library(metric, rows, openmetrics)


def test_a_large_family_is_written_with_rests_and_is_the_same() -> None:
    rows: list[Row] = [((f"{n}", "b"), float(n)) for n in range(2 * ROWS_AT_ONCE + 1)]
    rests: list[int] = []
    assert Family(gauge).text(iter(rows), lambda: rests.append(1)) == by_the_library(gauge, rows)
    assert len(rests) == 2


def test_a_series_without_a_value_is_left_out() -> None:
    assert Family(gauge).text([(("a", "b"), None)]).splitlines()[2:] == []


def test_label_sets_that_are_gone_are_forgotten() -> None:
    family = Family(gauge)
    family.text([(("a", "b"), 1.0), (("c", "d"), 1.0)])
    for _ in range(2):
        family.text([(("a", "b"), 1.0)])
    assert list(family._kept) == [("a", "b")]
