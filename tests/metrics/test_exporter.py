"""/metrics as Prometheus sees it: clean, complete, at most 15 series an endpoint (and two more about its failure, while
it fails and for an hour after), and as the library would write it."""

from __future__ import annotations

import gzip
import re
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import make_wsgi_app
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from prometheus_client.parser import text_string_to_metric_families

from sla_monitor import names
from sla_monitor.assess import Assessment, ContractAssessment, KpiAssessment, Outage, ServiceAssessment
from sla_monitor.assess.assessment import Lanes
from sla_monitor.board import Board, Watched
from sla_monitor.contract.endpoints.endpoint import HttpEndpoint, JourneyEndpoint, TcpEndpoint
from sla_monitor.metrics.exporter import BoardCollector, Exporter, Own
from sla_monitor.periods.edges import Period
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases, Reason, StepFinding

DOWN = Outcome.DOWN
HOUR = 3_600_000
TERM = (date(2020, 1, 1), date(2049, 12, 31))


def service(state: Outcome = Outcome.DOWN) -> ServiceAssessment:
    outages = (Outage(5 * HOUR, None, HOUR, Reason.TIMEOUT, ("login",)),)
    return ServiceAssessment("cad", "CAD", "critical", (), state, 10 * HOUR, 720 * HOUR, HOUR, 2 * HOUR, outages)


def filled_board() -> Board:
    board = Board(0)
    url = "https://secret-host.example/path?token=abc"
    login = HttpEndpoint.model_validate({"id": "login", "kind": "http", "url": url})
    radio = TcpEndpoint.model_validate({"id": "radio", "kind": "tcp", "host": "h", "port": 1})
    board.watch([Watched("c/login", "c", "cad", login), Watched("c/radio", "c", "cad", radio)])
    phases = Phases(100, 200, 3000, 40_000, 5)
    finding = Finding(Outcome.DOWN, Reason.TIMEOUT, "<hostile>", 43_305, phases, None, 503, 9, 1_800_000_000)
    board.observe(Observation("c/login", 1_700_000_000_123, finding))
    board.skip("c/login", 3)
    kpi = KpiAssessment("KPI1", "", "", service(), Fraction(999, 1000), Fraction(720 * HOUR, 1000), True)
    period = Period("2026-06", 0, 720 * HOUR)
    contract = ContractAssessment(
        "c", "", "", 'A "quoted" force', "S", "GBP", "Europe/London", period, 0, "", (service(),), (kpi,), *TERM
    )
    board.assessment = Assessment(1_700_000_000_000, (contract,))
    return board


def own_health() -> Own:
    def rows(metric: names.MetricName) -> Iterable[tuple[tuple[str, ...], float]]:
        return [(tuple("x" for _ in metric.labels), 1.0)]

    from sla_monitor.metrics.tables import TABLES

    return {m: rows(m) for m in names.ALL_METRICS if m not in TABLES and m is not names.LATENESS}


def exporter(board: Board) -> Exporter:
    return Exporter(board, own_health, lambda: ((0.01, 0.1), [5, 1, 0], 0.2))


def test_a_collector_that_follows_tells_of_itself_alone() -> None:
    speaks = [False]
    one = Exporter(filled_board(), own_health, lambda: ((0.01, 0.1), [5, 1, 0], 0.2), speaks=lambda: speaks[0])
    wanted = {metric.name for metric in names.OF_EACH}
    for accept in ("", "application/openmetrics-text; version=1.0.0", "text/plain; version=1.0.0; escaping=dots"):
        told = set(re.findall(r"^# TYPE (sla_\S+?)(?:_+total)? ", one.answer(accept)[1].decode(), re.MULTILINE))
        assert {name.replace("__", "_") for name in told} == wanted, accept
    speaks[0] = True
    assert b"sla_service_state{" in one.answer()[1]


def test_the_exposition_is_clean_for_promtool() -> None:
    check = subprocess.run(
        ["promtool", "check", "metrics"], input=exporter(filled_board()).answer()[1], capture_output=True, check=False
    )
    assert (check.returncode, check.stdout.decode(), check.stderr.decode()) == (0, "", "")


def test_the_boards_part_is_byte_identical_to_the_library() -> None:
    board = filled_board()
    registry = CollectorRegistry(auto_describe=False)
    registry.register(BoardCollector(board))
    assert exporter(board).answer()[1].startswith(generate_latest(registry))


OPEN, TEXT = "application/openmetrics-text", "text/plain"
PROMETHEUS_3 = (
    f"{OPEN};version=1.0.0;escaping=allow-utf-8;q=0.6,{OPEN};version=0.0.1;q=0.5,"
    f"{TEXT};version=1.0.0;escaping=allow-utf-8;q=0.4,{TEXT};version=0.0.4;q=0.3,*/*;q=0.2"
)
ACCEPTS = [
    "",
    "*/*",
    "text/plain",
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
    "text/plain;version=1.0.0",
    "text/plain;version=1.0.0;escaping=allow-utf-8",
    "text/plain;version=1.0.0;escaping=dots",
    "text/html,application/openmetrics-text",
    "application/openmetrics-text; version=1.0.0; charset=utf-8",
    "application/openmetrics-text;version=0.0.1",
    "application/openmetrics-text;version=0.0.1,text/plain;version=1.0.0;escaping=values",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0",
    "application/openmetrics-text;version=1.0.0;escaping=values",
    "application/openmetrics-text;version=2.0.0;escaping=nonsense",
    "APPLICATION/OPENMETRICS-TEXT",
    PROMETHEUS_3,
]
CODINGS = ["", "gzip", "GZIP;q=0", "deflate, gzip;q=0.5", "identity", "*", "xgzip", ","]


def apart_from_the_process(body: bytes) -> list[bytes]:
    """The lines that are the same however often one asks."""
    return [line for line in body.splitlines(keepends=True) if b"process_" not in line]


@pytest.mark.parametrize("accept", ACCEPTS)
def test_the_answer_is_the_librarys_for_every_accept_header(accept: str) -> None:
    one = exporter(filled_board())
    for coding in CODINGS:
        headers, body = one.answer(accept, coding)
        app = make_wsgi_app(one._whole)
        told: dict[str, str] = {}
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "QUERY_STRING": ""}
        environ |= {"HTTP_ACCEPT": accept} if accept else {}
        environ |= {"HTTP_ACCEPT_ENCODING": coding} if coding else {}
        (theirs,) = app(environ, lambda status, listed, told=told: told.update(listed))
        assert headers == told
        if "Content-Encoding" in told:
            # Behind them are the time, and with how much effort it is packed: ours is the least.
            assert body[:4] == theirs[:4]
            body, theirs = gzip.decompress(body), gzip.decompress(theirs)
        assert apart_from_the_process(body) == apart_from_the_process(theirs)


@pytest.mark.parametrize("version", ["x", "1.x", "1.0.0\x01", "1.0.0.\xe9"])
def test_a_header_that_the_library_cannot_read_is_answered_as_none(version: str) -> None:
    one = exporter(filled_board())
    headers, body = one.answer(f"application/openmetrics-text;version={version}")
    assert headers == one.answer()[0] == {"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    assert apart_from_the_process(body) == apart_from_the_process(one.answer()[1])


def test_what_openmetrics_says_is_openmetrics_for_the_librarys_parser() -> None:
    _, body = exporter(filled_board()).answer("application/openmetrics-text")
    families = {family.name: family for family in openmetrics_families(body.decode())}  # type: ignore[no-untyped-call]
    assert {metric.name for metric in names.ALL_METRICS} <= set(families)
    assert families["sla_probes"].type == "counter"


def test_an_endpoint_has_at_most_15_series() -> None:
    """One more says since when it is down."""
    text = exporter(filled_board()).answer()[1].decode()
    counts = Counter(re.findall(r'endpoint="([^"]+)"', text.replace(names.DOWN_START.name, "")))
    assert counts["login"] == 15 + 1
    assert counts["radio"] <= 15


def test_a_failure_is_told_with_its_reason_until_an_hour_after_it() -> None:
    """An endpoint's run of failed probes keeps its beginning, and has the last reason."""
    board = filled_board()
    began = 1_700_000_000_123
    start, end = 'down_start_timestamp_seconds{contract="c",endpoint="login",reason="%s"', "down_end_timestamp_seconds{"

    def after(outcome: Outcome, reason: Reason | None, at_ms: int) -> str:
        board.observe(Observation("c/login", began + at_ms, Finding(outcome, reason)))
        return exporter(board).answer()[1].decode()

    again = after(Outcome.DOWN, Reason.CONNECTION_FAILED, 5_000)
    assert f'{start % "connection_failed"},service="cad"}} 1.700000000123e+09' in again
    assert end not in again
    back = after(Outcome.UP, None, 10_000)
    assert f'{end}contract="c",endpoint="login",service="cad"}} 1.700000010123e+09' in back
    assert start % "connection_failed" in back
    assert "sla_endpoint_down_end_timestamp_seconds{" not in after(Outcome.UP, None, HOUR + 10_000)


def test_the_last_outage_that_is_over_is_told_with_its_end() -> None:
    board = filled_board()
    over = Outage(2 * HOUR, 3 * HOUR, HOUR, Reason.TIMEOUT, ("login",))
    (contract,) = board.assessment.contracts
    open_one = service().outages[0]
    for outages in ((over,), (over, open_one)):
        one = replace(contract, services=(replace(service(), outages=outages),))
        board.assessment = Assessment(board.assessment.at_ms, (one,))
        text = exporter(board).answer()[1].decode()
        assert 'sla_service_last_outage_start_timestamp_seconds{contract="c",service="cad"} 7200.0' in text
        assert 'sla_service_last_outage_end_timestamp_seconds{contract="c",service="cad"} 10800.0' in text


def test_coverage_since_the_first_observation_leaves_out_what_nobody_could_see() -> None:
    """Hours 0 to 10, of which 6 to 8 and 9 to 10 were seen; one unseen hour before the first was excluded."""
    seen = Lanes([(0, 10)], [(6, 7), (9, 10)], [], [(7, 8)], [(0, 6), (8, 9)], [(0, 1)])
    one = replace(service(), lanes=seen, agreed_ms=10, unknown_ms=6, excluded_ms=1)
    assert one.watched_coverage_ratio == Fraction(10 - 6, 10 - 5)
    never = replace(one, lanes=replace(seen, up=[], down=[], unknown=[(0, 10)]), unknown_ms=10)
    assert never.watched_coverage_ratio is None
    assert replace(one, lanes=None).watched_coverage_ratio is None


def test_the_step_at_which_a_journey_failed_is_told_while_it_fails() -> None:
    steps = [{"id": name, "name": "Full name", "url": "http://h/"} for name in ("sign-in", "search")]
    walk = JourneyEndpoint.model_validate({"id": "walk", "kind": "journey", "steps": steps})
    board = Board(0)
    board.watch([Watched("c/walk", "c", "cad", walk)])
    one = exporter(board)
    up, down = (
        StepFinding(name, "Full name", outcome) for name, outcome in (("sign-in", Outcome.UP), ("search", DOWN))
    )
    series = 'sla_endpoint_failed_step{contract="c",endpoint="walk",service="cad",step="search"} 1.0\n'
    assert b"sla_endpoint_failed_step{" not in one.answer()[1]
    board.observe(Observation("c/walk", 1, Finding(DOWN, Reason.STATUS_UNEXPECTED, steps=(up, down))))
    assert series.encode() in one.answer()[1]
    board.observe(Observation("c/walk", 2, Finding(Outcome.UP, steps=(up, replace(up, step="search")))))
    assert b"sla_endpoint_failed_step{" not in one.answer()[1]
    board.observe(Observation("c/walk", 3, Finding(DOWN, Reason.TOO_SLOW, steps=(up,))))
    assert b"sla_endpoint_failed_step{" not in one.answer()[1]


def test_no_address_and_no_word_of_the_supplier_is_in_a_label() -> None:
    text = exporter(filled_board()).answer()[1].decode()
    assert "secret-host" not in text
    assert "hostile" not in text


def test_what_is_not_known_is_left_out_and_counters_begin_at_nothing() -> None:
    text = exporter(filled_board()).answer()[1].decode()
    assert 'sla_probes_total{contract="c",endpoint="radio",service="cad"} 0.0' in text
    assert 'sla_endpoint_state{contract="c",endpoint="radio",service="cad",state="unknown"} 1.0' in text
    assert 'sla_probe_duration_seconds{contract="c",endpoint="radio"' not in text
    assert "NaN" not in text


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ('sla_endpoint_state{contract="c",endpoint="login",service="cad",state="down"}', 1),
        ('sla_probe_phase_duration_seconds{contract="c",endpoint="login",phase="tls",service="cad"}', 0.003),
        ('sla_probe_failures_total{contract="c",endpoint="login",service="cad"}', 1),
        ('sla_probes_skipped_total{contract="c",endpoint="login",service="cad"}', 3),
        ('sla_endpoint_last_probe_timestamp_seconds{contract="c",endpoint="login",service="cad"}', 1_700_000_000.123),
        ('sla_service_availability_ratio{contract="c",service="cad"}', 0.875),
        ('sla_service_open_outage_start_timestamp_seconds{contract="c",service="cad"}', 18_000),
        ('sla_kpi_downtime_allowance_remaining_seconds{contract="c",kpi="KPI1",service="cad"}', 2592 - 3600),
        ('sla_kpi_met{contract="c",kpi="KPI1",service="cad"}', 0),
        ('sla_schedule_lateness_seconds_bucket{le="0.1"}', 6),
    ],
)
def test_a_figure_is_told_in_base_units(line: str, value: float) -> None:
    text = exporter(filled_board()).answer()[1].decode()
    found = [row for row in text.splitlines() if row.startswith(line + " ")]
    assert [float(row.rpartition(" ")[2]) for row in found] == [value]


def test_docs_metrics_lists_every_metric_and_no_other() -> None:
    """docs/metrics.md is compared with the names and help texts in the code."""
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    listed = dict(re.findall(r"^\| `(sla_[a-z_]+)` \| [^|]+ \| [^|]* \| ([^|]+) \|$", page, re.MULTILINE))
    assert {name: text.strip() for name, text in listed.items()} == {m.sample: m.help for m in names.ALL_METRICS}


def test_every_name_is_exported() -> None:
    families = {family.name for family in text_string_to_metric_families(exporter(filled_board()).answer()[1].decode())}
    assert {metric.name for metric in names.ALL_METRICS} <= families


def test_each_of_several_places_has_its_state_and_the_endpoint_that_of_their_quorum() -> None:
    board = Board(0)
    radio = TcpEndpoint.model_validate(
        {"id": "radio", "kind": "tcp", "host": "h", "port": 1, "places": {"sites": ["north", "south"], "quorum": 2}}
    )
    board.watch([Watched("c/radio", "c", "cad", radio)])
    board.observe(Observation("c/radio", 1, Finding(DOWN, Reason.TIMEOUT)), "north")
    text = exporter(board).answer()[1].decode()
    where = 'contract="c",endpoint="radio"'
    for line in (
        f'sla_place_state{{{where},place="north",service="cad",state="down"}} 1.0',
        f'sla_place_state{{{where},place="south",service="cad",state="unknown"}} 1.0',
        f'sla_endpoint_state{{{where},service="cad",state="unknown"}} 1.0',
        f'sla_endpoint_places_short{{{where},service="cad"}} 1.0',
        'sla_service_failing_endpoints{contract="c",reason="too_few_places",service="cad"} 1.0',
    ):
        assert line in text.splitlines(), line
