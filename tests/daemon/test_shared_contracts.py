"""Several collectors share the contracts of one folder: each contract has one, and none is left out unnoticed."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_monitor import configuration, names
from sla_monitor.cli import cli
from sla_monitor.clock import SystemClock
from sla_monitor.configuration import division_problems, read_configuration, settings_advice
from sla_monitor.daemon import Daemon
from sla_monitor.errors import ConfigError
from sla_monitor.generate.prometheus import prometheus_files
from sla_monitor.settings import load_settings
from tests.probe.servers import serving
from tests.support.prometheus import scraping
from tests.support.running import demo_contract
from tests.support.waiting import wait_until

IDS = ("c0", "c1", "c2")


def shared(folder: Path, port: int = 9) -> Path:
    """The folder of three contracts, each with one endpoint."""
    contracts = folder / "contracts"
    contracts.mkdir()
    for name in IDS:
        endpoint = {"id": f"e-{name}", "kind": "tcp", "host": "127.0.0.1", "port": port, "every": "1s", "timeout": "1s"}
        (contracts / f"{name}.yaml").write_text(json.dumps(demo_contract([endpoint]) | {"id": name}))
    return contracts


def settings(folder: Path, name: str, only: Sequence[str]) -> Path:
    """Those of a collector that has some of them."""
    path = folder / f"{name}.yaml"
    told = {"listen": "127.0.0.1:0", "contracts": "contracts", "ledger": {"path": f"{name}.db"}}
    path.write_text(json.dumps(told | ({"only_contracts": list(only)} if only else {})))
    return path


@contextmanager
def running(path: Path) -> Iterator[Daemon]:
    one = Daemon(path, read_configuration(path), SystemClock())
    try:
        one.start()
        yield one
    finally:
        one.stop()


def asked(address: str, query: str) -> dict[str, float]:
    """By contract."""
    try:
        with urllib.request.urlopen(f"{address}/api/v1/query?{urllib.parse.urlencode({'query': query})}") as answer:
            found = json.load(answer)["data"]["result"]
    except urllib.error.URLError:
        return {"it does not listen yet": 0.0}
    return {one["metric"].get("contract", ""): float(one["value"][1]) for one in found}


def test_two_collectors_and_one_prometheus_have_every_contract_once(tmp_path: Path) -> None:
    with serving(lambda peer: peer.wait()) as up:
        shared(tmp_path, up.port)
        first, second = settings(tmp_path, "a", ["c0"]), settings(tmp_path, "b", ["c1", "c2"])
        with running(first) as a, running(second) as b, scraping(a._web.port, tmp_path, b._web.port) as prometheus:
            everyone = dict.fromkeys(IDS, 1.0)
            wait_until(lambda: asked(prometheus, "count by (contract) (sla_contract_info)") == everyone)
            wait_until(lambda: asked(prometheus, "sum by (contract) (sla_endpoint_state)") == everyone)
            for metric in (names.SERVICE_STATE, names.KPI_TARGET, names.PROBES, names.CONTRACT_INFO):
                alike = f"count by ({', '.join(metric.labels)}) ({metric.sample})"
                assert asked(prometheus, f"max by (contract) ({alike}) > 1") == {}, "no figure is there twice"
            assert asked(prometheus, "count by (contract) (sla_contract_elsewhere)") == everyone
            assert asked(prometheus, _rule(first)) == {}
            assert {key.partition("/")[0] for key in a.board.endpoints} == {"c0"}
            assert "Other collectors" in a._health().facts
            assert checked(first, second).exit_code == 0

            settings(tmp_path, "b", ["c1"])
            assert b.reload() == []
            wait_until(lambda: asked(prometheus, _rule(first)) == {"c2": 1.0})
            result = checked(first, second)
            assert result.exit_code == 1
            assert "contract 'c2' has no collector (give it to one)" in str(result.exception)


def _rule(path: Path) -> str:
    """The expression of the alert, as it is generated."""
    read = read_configuration(path, is_whole=True)
    rules = prometheus_files(read.contracts, read.settings, SystemClock().now_ms())["rules/monitor.yaml"]
    several = [one for group in rules["groups"] for one in group["rules"]]
    return next(str(one["expr"]) for one in several if one["alert"] == names.CONTRACT_UNWATCHED.name)


def checked(path: Path, *others: Path) -> Result:
    words = [word for other in others for word in ("--beside", str(other))]
    return CliRunner().invoke(cli, ["check", "--config", str(path), *words])


def test_rules_are_made_of_all_contracts_whoever_has_them(tmp_path: Path) -> None:
    shared(tmp_path)
    path = settings(tmp_path, "a", ["c0"])
    assert read_configuration(path).elsewhere == ("c1", "c2")
    assert [one.id for one in read_configuration(path, is_whole=True).contracts] == list(IDS)
    result = CliRunner().invoke(
        cli, ["generate", "prometheus", "--config", str(path), "--output", str(tmp_path / "out")]
    )
    assert result.exit_code == 0, result.output
    assert {file.name.partition("-")[0] for file in (tmp_path / "out/rules").iterdir()} >= set(IDS)


def test_a_contract_that_is_none_or_has_two_collectors_is_a_mistake(tmp_path: Path) -> None:
    shared(tmp_path)
    path = settings(tmp_path, "a", ["c0", "c9"])
    with pytest.raises(ConfigError, match=r"only_contracts\[1\]: no contract of the folder is called 'c9'"):
        read_configuration(path)
    several = [settings(tmp_path, "a", ["c0"]), settings(tmp_path, "b", [])]
    assert [line.partition("only_contracts: ")[2] for line in division_problems(several)] == [
        f"contract 'c0' is that of {several[0]} too (leave it to one of them)"
    ]


def test_a_command_about_another_collectors_contract_says_whose_it_is(tmp_path: Path) -> None:
    shared(tmp_path)
    path = settings(tmp_path, "a", ["c0"])
    result = CliRunner().invoke(cli, ["assess", "c1", "--config", str(path)])
    assert result.exit_code == 2
    assert "'c1' is the contract of another collector" in result.output


def test_more_series_than_a_scrape_should_carry_are_advised_against(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configuration, "MANY_ENDPOINTS", 2)
    monkeypatch.setattr(configuration, "MANY_SERIES", 60)
    shared(tmp_path)
    path = settings(tmp_path, "a", [])
    lines = settings_advice(path, read_configuration(path))
    assert any("3 endpoints have some 45 series" in line for line in lines)
    assert any("3 services have some 90 series" in line for line in lines)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"metrics": {"endpoint_series": "failing"}}))
    assert not any("endpoints have some" in line for line in settings_advice(path, read_configuration(path)))


def test_the_settings_of_the_how_to_are_taken(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs/how-to/sizing.md").read_text(encoding="utf-8")
    large, shares = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "sla-monitor.yaml"
    path.write_text(large + shares)
    read = load_settings(path, {})
    assert read.metrics.endpoint_series == "failing"
    assert (read.assess_every_ms, read.only_contracts) == (60_000, ("network", "portal"))
