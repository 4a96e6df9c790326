"""With `endpoint_series: failing`: what fails is told as ever, the rest is counted, and a bad day has a bound."""

from __future__ import annotations

from sla_monitor import names
from sla_monitor.board import Board, Watched
from sla_monitor.contract.endpoints.endpoint import endpoint_of
from sla_monitor.metrics.exporter import BoardCollector, Exporter
from sla_monitor.metrics.series import Row
from sla_monitor.metrics.tables import TABLES, tables_of
from sla_monitor.names import MetricName
from sla_monitor.settings.metrics import MetricsSettings
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason

HOUR_MS, DAY_S, NOW_MS = 3_600_000, 86_400, 1_793_620_800_000
UP, DOWN = Finding(Outcome.UP), Finding(Outcome.DOWN, Reason.TIMEOUT)
DEGRADED = Finding(Outcome.DEGRADED, Reason.TOO_SLOW)
FAILING = tables_of(MetricsSettings(endpoint_series="failing", most_failing=3), 21)


def board(count: int = 10) -> Board:
    found = Board(NOW_MS)
    found.watch(watched(number) for number in range(count))
    return found


def watched(number: int) -> Watched:
    terms = endpoint_of({"id": f"e{number}", "kind": "tcp", "host": "h", "port": 1})
    return Watched(f"c/e{number}", "c", f"s{number % 2}", terms)


def see(found: Board, number: int, finding: Finding, at_ms: int = NOW_MS) -> None:
    found.observe(Observation(f"c/e{number}", at_ms, finding))


def told(found: Board, metric: MetricName) -> dict[tuple[str, ...], float]:
    rows: list[Row] = list(FAILING[metric](found))
    return {labels: value for labels, value in rows if value is not None}


def endpoints(found: Board) -> list[str]:
    return sorted({labels[2] for labels in told(found, names.ENDPOINT_STATE)})


def test_only_what_fails_or_has_just_recovered_has_series() -> None:
    found = board()
    for number in range(10):
        see(found, number, UP)
    assert endpoints(found) == []
    assert told(found, names.WITHOUT_SERIES) == {("well",): 10, ("too_many",): 0}
    see(found, 3, DOWN, NOW_MS + 1_000)
    see(found, 4, DEGRADED, NOW_MS + 1_000)
    assert endpoints(found) == ["e3", "e4"]
    assert told(found, names.ENDPOINT_STATE)["c", "s1", "e3", "down"] == 1
    assert told(found, names.DOWN_START) == {("c", "s1", "e3", "timeout"): NOW_MS / 1000 + 1}
    see(found, 3, UP, NOW_MS + 60_000)
    assert told(found, names.ENDPOINT_STATE)["c", "s1", "e3", "down"] == 0, (
        "the alert's last message says that it is up"
    )
    assert told(found, names.DOWN_END) == {("c", "s1", "e3"): NOW_MS / 1000 + 60}
    see(found, 3, UP, NOW_MS + 61_000 + HOUR_MS)
    assert endpoints(found) == ["e4"]


def test_a_day_on_which_all_fails_has_a_bound_and_says_what_it_leaves_out() -> None:
    found = board()
    for number in range(10):
        see(found, number, DOWN, NOW_MS - number)
    assert endpoints(found) == ["e7", "e8", "e9"], "those that failed first"
    assert told(found, names.WITHOUT_SERIES) == {("well",): 0, ("too_many",): 7}
    assert len(told(found, names.DOWN_START)) == 3
    assert told(found, names.SERVICE_FAILING) == {("c", f"s{n}", "timeout"): 5 for n in (0, 1)}


def test_certificates_that_expire_soon_are_told_and_the_next_ones_first() -> None:
    found = board()
    for number in range(10):
        days = 5 * (10 - number)
        see(found, number, Finding(Outcome.UP, certificate_expires_at_s=NOW_MS // 1000 + days * DAY_S))
    assert [labels[2] for labels in told(found, names.CERTIFICATE_EXPIRY)] == ["e9", "e8", "e7"]
    assert told(found, names.WITHOUT_SERIES) == {("well",): 10, ("too_many",): 1}  # within 22 days: four


def test_probes_are_counted_by_service_and_a_reload_takes_nothing_back() -> None:
    found = board()
    for number in range(10):
        see(found, number, DOWN if number == 1 else UP)
    found.skip("c/e0", 2)
    found.watch(watched(number) for number in range(4))
    see(found, 0, UP, NOW_MS + 1)
    assert told(found, names.SERVICE_PROBES) == {("c", "s0"): 6, ("c", "s1"): 5}
    assert told(found, names.SERVICE_PROBE_FAILURES) == {("c", "s0"): 0, ("c", "s1"): 1}
    assert told(found, names.SERVICE_PROBES_SKIPPED) == {("c", "s0"): 2, ("c", "s1"): 0}


def test_a_scrape_grows_with_services_and_not_with_endpoints() -> None:
    few, many = (len(answer(board(count)).splitlines()) for count in (10, 1_000))
    assert few == many
    assert len(answer(board(1_000), all_of_them=True).splitlines()) > 7_000


def answer(found: Board, *, all_of_them: bool = False) -> str:
    exporter = Exporter(found, dict, lambda: ((0.1,), [0, 0], 0.0), TABLES if all_of_them else FAILING)
    body = exporter.answer()[1].decode()
    assert {metric.name for metric in BoardCollector(found, FAILING).collect()} == {m.name for m in FAILING}
    return body
