"""The whole way with Debian's Prometheus: scraped, asked, entered, assessed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from sla_monitor.contract.kpis.prometheus_source import PrometheusSource
from sla_monitor.queries.asking import NoAnswer, number
from sla_monitor.queries.due import KpiQuery
from sla_monitor.queries.reported_figures import entry
from sla_monitor.register.entries import ReportedFigure
from tests.queries.servers import canned, prometheus

SCRAPED = b"""\
# TYPE calls_total counter
calls_total{outcome="good"} 9990
calls_total{outcome="bad"} 10
# TYPE satisfaction gauge
satisfaction 87.5
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with canned() as target:
        target.body = SCRAPED
        with prometheus(tmp_path_factory.mktemp("prometheus"), target.url.removeprefix("http://")) as one:
            yield one


def asked(url: str, query: str, minutes: int = 60) -> Decimal:
    now_ms = time.time_ns() // 1_000_000
    return number(
        PrometheusSource.model_validate({"prometheus": url, "value": query}), query, now_ms - minutes * 60_000, now_ms
    )


@pytest.mark.parametrize(
    ("query", "figure"),
    [
        ("satisfaction", "87.5"),
        ("avg_over_time(satisfaction[$range])", "87.5"),
        ('sum(last_over_time(calls_total{outcome="good"}[$range]))', "9990"),
        ("sum(increase(calls_total[$range]))", "0"),
        ("scalar(satisfaction)", "87.5"),
        ("sum(count_over_time(((satisfaction) > 90)[$range:1m])) or vector(0)", "0"),
        ("1e20 * 3", "300000000000000000000"),
    ],
)
def test_a_figure_is_had(url: str, query: str, figure: str) -> None:
    assert asked(url, query) == Decimal(figure)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("sum(increase(nothing_total[$range]))", "no series"),
        ("calls_total", "2 series instead of one"),
        ("satisfaction / 0", "Inf is no figure"),
        ("vector(0) / 0", "NaN is no figure"),
        ('"text"', "is a string"),
        ("calls_total[$range]", "is a matrix"),
        ("sum(", "parse error"),
        ("rate(satisfaction)", "parse error"),
    ],
)
def test_no_figure_is_had_and_it_is_said_why(url: str, query: str, why: str) -> None:
    with pytest.raises(NoAnswer, match=why):
        asked(url, query)


def test_good_and_total_become_counts_in_the_register(url: str) -> None:
    good = 'sum(last_over_time(calls_total{outcome="good"}[$range]))'
    source = PrometheusSource.model_validate(
        {"prometheus": url, "good": good, "total": "sum(last_over_time(calls_total[$range]))"}
    )
    now_ms = time.time_ns() // 1_000_000
    question = KpiQuery("c", "K", "2026-11", source, now_ms - 3_600_000, now_ms, False)
    answers = {name: number(source, query, question.start_ms, now_ms) for name, query in source.queries.items()}
    said = entry(question, answers, now_ms).body
    assert isinstance(said, ReportedFigure)
    assert (said.in_target, said.total) == (9990, 10000)
