"""`sla-monitor check`, as a process and through click."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import bcrypt
import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli.check import check
from tests.contract.support import HEAD, ROOT, SERVICES, contract_file


def run(*arguments: str) -> Result:
    return CliRunner().invoke(check, arguments)


def process(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sla_monitor", "check", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_the_shipped_configuration_passes() -> None:
    result = process()
    assert result.returncode == 0
    # What the demo writes when it starts, where it has not been started.
    assert all("/var/demo/" in line and line.endswith("[unreadable]") for line in result.stderr.splitlines())
    summary, cap = result.stdout.splitlines()
    assert summary == (
        "police-strategic-it: 7 services, 15 endpoints, 11 KPIs, 3 versions"
        f" ({ROOT}/config/contracts/police-strategic-it.yaml)"
    )
    assert re.fullmatch(r"  cap annual: £[\d,.]+ in a contract year, 10.00 % of all charges in force", cap)


def test_mistakes_go_to_standard_error_with_exit_status_1(tmp_path: Path) -> None:
    path = contract_file(tmp_path, HEAD + SERVICES + "kpi: []\n")
    result = process(str(path))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"{path}:11:1: kpi: unknown key (did you mean kpis?)\n"


def test_settings_and_contracts_are_told_together(tmp_path: Path) -> None:
    (tmp_path / "contracts").mkdir()
    contract_file(tmp_path / "contracts", HEAD + SERVICES + "kpi: []\n")
    config = tmp_path / "sla-monitor.yaml"
    config.write_text("listen: nowhere\n")
    result = process("--config", str(config))
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"{config}:1:9: listen: must be a host and a port (write 127.0.0.1:9810 or [::1]:9810)",
        f"{tmp_path}/contracts/c.yaml:11:1: kpi: unknown key (did you mean kpis?)",
    ]


def test_advice_goes_to_standard_error_and_is_no_mistake(tmp_path: Path) -> None:
    path = contract_file(tmp_path, HEAD + SERVICES)
    result = run(str(path))
    assert result.exit_code == 0
    assert result.stderr.startswith(f"{path}:8:9: services.custody.id: is in no KPI")
    assert result.stderr.endswith("[advice]\n")
    assert result.stdout == f"small: 1 service, 1 endpoint, 0 KPIs, 1 version ({path})\n"


@pytest.mark.parametrize(
    ("cap", "told"),
    [
        ("percent: 10, base: period, over: period, scope: service", ["year, custody: £830.00 in a month, 3.19"]),
        ("percent: 10, base: trailing_12_months, over: contract_year", ["year: £31,200.00 in a contract year, 10.00"]),
        ("percent: 10, base: period, over: contract_year", ["year: £2,600.00 in a contract year, 0.83"]),
        ("percent: 50, base: estimated_year_1, over: contract_year", ["year: £7,800.00 in a contract year, 2.50"]),
        ("amount: 3120, over: trailing_12_months", ["year: £3,120.00 in twelve months, 1.00"]),
    ],
)
def test_a_contract_says_what_its_caps_put_truly_at_risk(tmp_path: Path, cap: str, told: list[str]) -> None:
    """Of £26,000 a month, £8,300 are for the service: ten per cent of that are three of the whole."""
    charges = "charges: {monthly: [{service: custody, amount: 8300}, {amount: 17700}], estimated_year_1: 15600}\n"
    path = contract_file(tmp_path, f"{HEAD}{SERVICES}{charges}caps: [{{id: year, {cap}}}]\n")
    lines = run(str(path)).stdout.splitlines()[1:]
    assert lines == [f"  cap {one} % of all charges in force" for one in told]


def test_a_cap_of_an_estimate_that_is_missing_leaves_nothing(tmp_path: Path) -> None:
    caps = "caps: [{id: year, percent: 50, base: estimated_year_1, over: contract_year}]\n"
    path = contract_file(tmp_path, f"{HEAD}{SERVICES}charges: {{monthly: [{{amount: 26000}}]}}\n{caps}")
    told = run(str(path)).stdout.splitlines()[1:]
    assert told == ["  cap year: £0.00 in a contract year, 0.00 % of all charges in force"]


def test_files_are_checked_side_by_side(tmp_path: Path) -> None:
    first = contract_file(tmp_path, HEAD + SERVICES, "a.yaml")
    second = contract_file(tmp_path, HEAD + SERVICES, "b.yaml")
    result = process(str(first), str(second))
    assert result.stderr == f"{second}:1:5: id: contract 'small' is in {first} too (choose another id)\n"


def watched(folder: Path, witnesses: list[str], host: str) -> str:
    """What `check` advises about witnesses for a contract with one endpoint."""
    (folder / "contracts").mkdir()
    promised = "kpis: [{id: KPI1, service: custody, target: 99}]\n"
    contract_file(folder / "contracts", HEAD + SERVICES.replace("127.0.0.1", f"'{host}'") + promised)
    config = folder / "sla-monitor.yaml"
    listed = [{"id": f"w{i}", "kind": "tcp", "host": one, "port": 1} for i, one in enumerate(witnesses)]
    config.write_text(f"listen: 127.0.0.1:0\nwitnesses: {json.dumps(listed)}\n")
    result = run("--config", str(config))
    assert result.exit_code == 0
    return result.stderr.removeprefix(f"{folder}/")


@pytest.mark.parametrize("here", [["127.0.0.1"], ["localhost", "::1"], ["127.8.9.1", "demo.localhost"]])
def test_witnesses_on_this_machine_alone_are_advised_against(tmp_path: Path, here: list[str]) -> None:
    assert watched(tmp_path, here, "supplier.example") == (
        "sla-monitor.yaml:2:1: witnesses: every witness is on a loopback address, which says nothing of the network"
        " between us and the suppliers: their outages or ours would be mistaken for each other"
        " (name two endpoints of somebody else) [advice]\n"
    )


def test_no_witness_at_all_is_advised_against(tmp_path: Path) -> None:
    assert watched(tmp_path, [], "supplier.example") == (
        "sla-monitor.yaml:2:1: witnesses: none is named: every failure of our own network would be charged to the"
        " suppliers (name two endpoints of somebody else) [advice]\n"
    )


def test_a_site_of_contracts_that_nobody_runs_is_advised_against(tmp_path: Path) -> None:
    """It would see nothing, and leave the quorum to the others."""
    (tmp_path / "contracts").mkdir()
    placed = SERVICES.replace("endpoints:", "places: {sites: [main, north, west], quorum: 2}\n    endpoints:", 1)
    contract_file(tmp_path / "contracts", HEAD + placed + "kpis: [{id: KPI1, service: custody, target: 99}]\n")
    config = tmp_path / "sla-monitor.yaml"
    server = "listen: 127.0.0.1:0\nsites:\n  nats: {servers: ['nats://127.0.0.1:4222']}\n"
    config.write_text(f"{server}  known: [{{id: north}}]\n")
    result = run("--config", str(config))
    assert "probed by the site west, which is not known here: it sees nothing" in result.stderr
    assert "the site north" not in result.stderr
    config.write_text(f"{server}  known: [{{id: main}}]\n")
    assert "this place itself has that name" in str(run("--config", str(config)).exception)
    # A pair of collectors probes nothing itself.
    pair = "collectors: {name: east, pair: [east, west]}\n"
    config.write_text(f"{server}  known: [{{id: north}}]\n{pair}")
    told = run("--config", str(config)).stderr
    assert "probed by the site main, which is not known here: it sees nothing" in told
    assert "collectors: names no addresses of the pair" in told
    config.write_text(f"{server}  known: [{{id: main}}, {{id: north}}, {{id: west}}]\n{pair}")
    assert "not known here" not in run("--config", str(config)).stderr


def test_settings_in_the_place_of_a_contract_are_one_line(tmp_path: Path) -> None:
    result = run(str(tmp_path / "sla-monitor.yaml"))
    assert result.exit_code == 2
    assert f"these are settings, not a contract (write --config {tmp_path}/sla-monitor.yaml)" in result.stderr


@pytest.mark.parametrize(
    ("witnesses", "host"),
    [
        (["127.0.0.1", "gateway.example"], "supplier.example"),
        (["192.0.2.1"], "supplier.example"),
        (["127.0.0.1"], "localhost"),
        ([], "localhost"),
    ],
    ids=["one elsewhere", "all elsewhere", "a supplier on this machine", "a supplier on this machine, and none"],
)
def test_other_witnesses_are_not(tmp_path: Path, witnesses: list[str], host: str) -> None:
    assert watched(tmp_path, witnesses, host) == ""


def test_a_page_for_a_participant_whom_no_contract_serves_is_advised_against(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEST", "t" * 32)
    (tmp_path / "contracts").mkdir()
    body = "participants: [{id: west}]\nkpis: [{id: KPI1, service: custody, target: 99}]\n"
    contract_file(tmp_path / "contracts", HEAD + SERVICES + body)
    config = tmp_path / "sla-monitor.yaml"
    tokens = "{west: '${env:WEST}', wset: '${env:WEST}'}"
    users = tmp_path / "web-config.yml"
    users.write_text(f"basic_auth_users: {{ops: {bcrypt.hashpw(b'x', bcrypt.gensalt(4)).decode()}}}\n")
    config.write_text(f"web_config: {users}\nviews:\n  participants: {tokens}\n")
    assert run("--config", str(config)).stderr.removeprefix(f"{tmp_path}/") == (
        "sla-monitor.yaml:3:39: views.participants.wset: no contract has this participant (known: west) [advice]\n"
    )


@pytest.mark.parametrize("views", ["public: everybody", "participants: {west: '${env:WEST}'}"])
def test_pages_for_others_beside_open_pages_of_the_operators_are_advised_against(tmp_path: Path, views: str) -> None:
    (tmp_path / "contracts").mkdir()
    body = "participants: [{id: west}]\nkpis: [{id: KPI1, service: custody, target: 99}]\n"
    contract_file(tmp_path / "contracts", HEAD + SERVICES + body)
    config = tmp_path / "sla-monitor.yaml"
    config.write_text(f"listen: 127.0.0.1:0\nviews: {{{views}}}\n")
    said = run("--config", str(config)).stderr.removeprefix(f"{tmp_path}/")
    assert said.startswith(
        "sla-monitor.yaml:2:1: views: without a web_config that has basic_auth_users, whoever reaches"
    )


def test_the_witnesses_of_the_how_to_need_no_advice(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/run-under-systemd.md").read_text(encoding="utf-8")
    (witnesses,) = re.findall(r"```yaml\n(witnesses:\n.*?)```", page, re.DOTALL)
    assert "advice" in watched(tmp_path, ["127.0.0.1"], "supplier.example")
    config = tmp_path / "sla-monitor.yaml"
    config.write_text(witnesses)
    result = run("--config", str(config))
    assert (result.exit_code, result.stderr) == (0, "")
