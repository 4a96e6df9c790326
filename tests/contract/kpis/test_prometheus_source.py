"""What a KPI's terms may say of a Prometheus, and what is told of mistakes and of what can hardly be meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sla_monitor.contract.advice import advice
from tests.contract.openslo.importing import SERVICES
from tests.contract.support import contract_file, loaded, problems

AT = "prometheus: http://127.0.0.1:9090"
RATIO = "indicator: ratio_in_target, target: 90"
COUNTS = "good: 'g[$range]', total: 't[$range]'"
MEAN = "indicator: response_time, statistic: mean, target: 500"


def kpis(words: str, source: str) -> str:
    return f"{SERVICES}kpis:\n  - {{id: K, {words}, source: {{{source}}}}}\n"


@pytest.mark.parametrize(
    ("words", "source"),
    [
        (RATIO, f"{AT}, {COUNTS}"),
        (RATIO, f"{AT}, value: x"),
        ("indicator: count, target: 3", f"{AT}, value: 'round(x[$range])', every: 1h"),
        (MEAN, f"{AT}/prefix, value: x, timeout: 2m"),
        ("indicator: score, target: 8", f"{AT}, value: x, bearer_token: '${{env:TOKEN}}'"),
        ("indicator: submitted, target: 8", f"{AT}, value: x, ca_file: ca.pem"),
    ],
)
def test_good_terms_are_taken_without_advice(tmp_path: Path, words: str, source: str) -> None:
    text = kpis(words, source)
    assert problems(tmp_path, text) == []
    assert advice(loaded(tmp_path, text), 0) == []


@pytest.mark.parametrize(
    ("words", "source", "told"),
    [
        (RATIO, "value: x", "source.prometheus: is missing (write for example prometheus: https://"),
        (RATIO, f"{AT}, good: x", "source.total: is missing: good and total belong together"),
        (RATIO, f"{AT}, total: x", "source.good: is missing: good and total belong together"),
        (RATIO, AT, "source.value: or good and total: write value alone, or both"),
        (RATIO, f"{AT}, value: x, {COUNTS}", "source.value: or good and total: write value alone, or both"),
        (RATIO, f"{AT}, value: x, good: x", "source.value: or good and total: write value alone, or both"),
        (RATIO, f"{AT}, value: ''", "source.value: must have at least 1 character"),
        (RATIO, f"{AT}, value: x, every: 59m", "source.every: must be at least 1h"),
        (RATIO, f"{AT}, value: x, timeout: 2h", "source.timeout: must be at most 1h"),
        (RATIO, "prometheus: 'http://h/?a=b', value: x", "source.prometheus: must end with the path"),
        (RATIO, "prometheus: 'http://u:p@h/', value: x", "source.prometheus: must not hold a user name"),
        (RATIO, f"{AT}, value: x, bearer_token: s3cret", "source.bearer_token: secrets are never written here"),
        (
            RATIO,
            f"{AT}, value: x, bearer_token: '${{env:A}}', basic_auth: {{username: u, password: '${{env:B}}'}}",
            "source.bearer_token: or basic_auth: write one of the two",
        ),
        (RATIO, f"{AT}, value: x, query: y", "source.query: unknown key"),
        (f"{RATIO}, within: 4h", f"{AT}, {COUNTS}", "source: or within: write one of the two"),
        (f"{MEAN}, endpoints: [e]", f"{AT}, value: x", "source: or endpoints: write one of the two"),
        (
            "indicator: count, target: 3",
            f"{AT}, {COUNTS}",
            "source.good: and total belong to indicator: ratio_in_target",
        ),
        ("indicator: days_late, target: 3", f"{AT}, value: x", "source: unknown key"),
    ],
)
def test_a_mistake_is_told_at_its_place(tmp_path: Path, words: str, source: str, told: str) -> None:
    found = problems(tmp_path, kpis(words, source))
    assert any(f"kpis.K.{told}" in line for line in found), found
    assert "s3cret" not in "".join(found)


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ("good: 'sum(g_total)', total: 't[$range]'", "good"),
        ("good: 'g[$range]', total: 'increase(t[1h])'", "total"),
        ("value: 'rate(x[5m])'", "value"),
        ("value: '100 * a_count / b_count'", "value"),
    ],
)
def test_a_question_that_is_not_about_the_period_is_doubted(tmp_path: Path, source: str, key: str) -> None:
    (line,) = advice(loaded(tmp_path, kpis(RATIO, f"{AT}, {source}")), 0)
    assert f"kpis.K.source.{key}: has no $range: the answer is not about the measurement period" in line


def test_a_source_that_is_never_asked_is_doubted(tmp_path: Path) -> None:
    """Probes at the service's endpoints decide a response time, where there are any."""
    text = """
    services: [{id: desk, endpoints: [{id: e, kind: tcp, host: h, port: 1}]}]
    kpis:
      - id: K
        service: desk
        indicator: response_time
        statistic: mean
        target: 500
        source: {prometheus: "http://h", value: x}
    """
    contract = loaded(tmp_path, text)
    assert any("kpis.K.source: is not used: its service has endpoints" in line for line in advice(contract, 0))


def test_a_path_of_a_ca_is_relative_to_the_file(tmp_path: Path) -> None:
    contract = loaded(tmp_path, kpis(RATIO, f"{AT}, value: x, ca_file: ca.pem"))
    kpi: Any = contract.versions[0].terms.kpis[0]
    assert kpi.source.ca_file == contract_file(tmp_path, "").parent / "ca.pem"
