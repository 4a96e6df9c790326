"""`sla-monitor check`, as a process and through click."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (
        "police-strategic-it: 7 services, 14 endpoints, 7 KPIs, 3 versions"
        f" ({ROOT}/config/contracts/police-strategic-it.yaml)\n"
    )


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


def test_files_are_checked_side_by_side(tmp_path: Path) -> None:
    first = contract_file(tmp_path, HEAD + SERVICES, "a.yaml")
    second = contract_file(tmp_path, HEAD + SERVICES, "b.yaml")
    result = process(str(first), str(second))
    assert result.stderr == f"{second}:1:5: id: contract 'small' is in {first} too (choose another id)\n"
