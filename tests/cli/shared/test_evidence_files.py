"""A contract and an evidence file, and nothing else: bank holidays travel with the evidence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.errors import ConfigError, EvidenceError
from tests.contract.support import ROOT

CONTRACT, EVIDENCE = "police-strategic-it.yaml", "police-strategic-it-2026-10.json"
OCTOBER = ("assess", CONTRACT, "--evidence", EVIDENCE, "--period", "2026-10", "--format", "json")


@pytest.fixture(autouse=True)
def two_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "config/contracts" / CONTRACT, tmp_path)
    shutil.copy(ROOT / "config/evidence" / EVIDENCE, tmp_path)
    monkeypatch.chdir(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def changed(**values: Any) -> None:
    """The evidence file with other values."""
    path = Path(EVIDENCE)
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def calendar() -> str:
    return (ROOT / "config/calendars/GB-ENG.yaml").read_text()


def test_a_month_is_worked_out_of_two_files_as_in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = run(*OCTOBER)
    assert (alone.exit_code, alone.stderr) == (0, "")
    monkeypatch.chdir(ROOT / "config/contracts")
    beside = run("assess", CONTRACT, "--evidence", f"../evidence/{EVIDENCE}", *OCTOBER[4:])
    assert (beside.stdout, beside.stderr) == (alone.stdout, "")


@pytest.mark.parametrize(
    "command",
    [
        ("review", CONTRACT, "--evidence", EVIDENCE, "--period", "2026-10", "--format", "json", "--output", "made"),
        ("reconcile", CONTRACT, "--evidence", EVIDENCE, "--period", "2026-10"),
        (*OCTOBER, "--terms", CONTRACT),
    ],
)
def test_no_command_that_reads_the_two_needs_a_third(command: tuple[str, ...]) -> None:
    result = run(*command)
    assert (result.exit_code, result.stderr) == (0, ""), result.exception


def test_the_copy_in_the_evidence_counts_and_a_difference_is_told(tmp_path: Path) -> None:
    """Both sides get the same, whatever stands beside their contract."""
    digest = json.loads(run(*OCTOBER).stdout)["inputs"]["holidays_sha256"]
    own = (tmp_path / "../calendars/GB-ENG.yaml").resolve()
    own.parent.mkdir(exist_ok=True)
    own.write_text(calendar().replace("Christmas Day", "Christmas"))
    try:
        result = run(*OCTOBER)
        assert f"{own}: differs from the copy in {EVIDENCE}, which counts" in result.stderr
        assert json.loads(result.stdout)["inputs"]["holidays_sha256"] == digest
        changed(bank_holidays={})
        result = run(*OCTOBER)
        assert result.stderr == ""
        assert json.loads(result.stdout)["inputs"]["holidays_sha256"] != digest
    finally:
        shutil.rmtree(own.parent)


def test_a_folder_that_is_named_counts_before_both() -> None:
    Path("given").mkdir()
    Path("given/holidays-GB-ENG.yaml").write_text(calendar().replace("Christmas Day", "Christmas"))
    result = run(*OCTOBER, "--holidays", "given")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout != run(*OCTOBER).stdout


def test_mistakes_of_the_copy_are_told_at_the_evidence_file() -> None:
    changed(bank_holidays={"holidays-GB-ENG.yaml": "country: GB\nfirst_yaer: 2025\n"})
    error = run(*OCTOBER).exception
    assert isinstance(error, ConfigError)
    assert f"{EVIDENCE}: GB-ENG.yaml:2:1: first_yaer: unknown key (did you mean first_year?)" in error.problems


@pytest.mark.parametrize("name", ["../holidays-x", "holidays-../x", "holidays-a/b", "/holidays-x", "holidays-é", "x"])
def test_a_name_that_leads_elsewhere_is_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    before = sorted(tmp_path.parent.rglob("*"))
    changed(bank_holidays={**json.loads(Path(EVIDENCE).read_text())["bank_holidays"], name: "days: {}"})
    error = run(*OCTOBER).exception
    assert isinstance(error, EvidenceError)
    assert 'is not well formed (write for example "holidays-GB-ENG.yaml")' in str(error)
    assert sorted(tmp_path.parent.rglob("*")) == before


@pytest.mark.parametrize("value", [[], {"holidays-GB-ENG.yaml": 1}, "x"])
def test_values_of_another_kind_are_mistakes(value: Any) -> None:
    changed(bank_holidays=value)
    assert isinstance(run(*OCTOBER).exception, ConfigError | EvidenceError)


def test_an_import_says_where_the_bank_holidays_are_others(tmp_path: Path) -> None:
    """In a ledger, the contract's own file counts."""
    (tmp_path / "contracts").mkdir()
    shutil.move(CONTRACT, tmp_path / "contracts")
    (tmp_path / "calendars").mkdir()
    command = (
        "ledger",
        "import",
        EVIDENCE,
        "--contract",
        f"contracts/{CONTRACT}",
        "--ledger",
        "ledger.db",
        "--dry-run",
    )
    assert run("ledger", "init", "--ledger", "ledger.db").exit_code == 0
    (tmp_path / "calendars/GB-ENG.yaml").write_text(calendar())
    assert "differs" not in run(*command).stderr
    (tmp_path / "calendars/GB-ENG.yaml").write_text(calendar().replace("Christmas Day", "Christmas"))
    result = run(*command)
    assert result.exit_code == 0
    assert f"{EVIDENCE}: holidays-GB-ENG.yaml differs from the contract's own file" in result.stderr
