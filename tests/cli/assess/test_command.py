"""`sla-monitor assess` as a person types it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sla_monitor.clock import SystemClock
from sla_monitor.contract.local_time import local_date
from sla_monitor.errors import ConfigError, EvidenceError, LedgerDamaged, LedgerError
from tests.contract.support import ROOT
from tests.support.quarter import CONTRACT, run

MARCH = ("--period", "2025-03")


def lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_a_month_is_told_at_one_glance(contract: str, ledger: str) -> None:
    """KPI1: of 737 observed hours, 12 were down; 2 of those and an hour beside are maintenance; 3 are claimed."""
    result = run(contract, "--ledger", ledger, *MARCH)
    assert (result.exit_code, result.stderr) == (0, "")
    told = lines(result.stdout)
    assert told[0] == ["IT", "Partnership", "(partnership),", "2025-03"]
    assert told[2][0] == "provisional:"
    (kpi,) = (line for line in told if line[:1] == ["KPI1"])
    assert " ".join(kpi).endswith("99.9 % 97.96 % 98.63 % 98.23 % severe 6 2 in a row 99.19 % Schedule 2.2, 1.1")
    assert "Points 6. Credit GBP 31,000.00 of GBP 54,000.00: GBP 23,000.00 is above the\n  caps." in result.stdout
    assert [
        "year",
        "cap",
        "contract",
        "GBP",
        "40,000.00",
        "GBP",
        "9,000.00",
        "GBP",
        "54,000.00",
        "GBP",
        "31,000.00",
        "GBP",
        "0.00",
    ] in told
    assert ["police", "GBP", "18,600.00"] in told
    assert "Trigger bad run is set off by 2025-02, 2025-03: termination right." in result.stdout
    assert "Awaiting a decision\n  #2 by a.person: Claim" in result.stdout


def test_what_goes_to_no_terminal_is_ascii_and_moves_no_cursor(contract: str, ledger: str) -> None:
    result = run(contract, "--ledger", ledger, *MARCH, "--working")
    assert result.stdout.isascii()
    assert all(line.isprintable() for line in result.stdout.splitlines())


def test_the_working_says_every_step_with_its_clause(contract: str, ledger: str) -> None:
    told = run(contract, "--ledger", ledger, *MARCH, "--working").stdout
    for step in (
        "  downtime, minutes: 13 h = 780\n",
        "  points, failure 2 in a row: 3 x 2 = 6 [Schedule 2.2, 1.1]\n",
        "  credit: 6 points x 1 % x 900000.00 = 54000.00 [Schedule 7.1]\n",
        "  after the cap: the smaller of 54000.00 and 31000.00 = 31000.00 [Schedule 7.2]\n",
    ):
        assert step in told


def test_the_working_says_how_shares_come_about(contract: str, ledger: str) -> None:
    """Not in the table at one glance."""
    told = run(contract, "--ledger", ledger, *MARCH, "--working").stdout
    for name, share, part in (("police", 60, "18600.00"), ("commissioner", 40, "12400.00")):
        begin = f"Share of {name}\n  share of {name}, per cent: {share}\n  contract: {share} % x 31000.00, shared out"
        assert f"{begin} to the coin = {part}\n" in told
        assert f"Share of {name}" not in run(contract, "--ledger", ledger, *MARCH).stdout


def test_without_a_period_it_is_the_last_month_that_is_over(contract: str, ledger: str) -> None:
    this = f"{local_date(SystemClock().now_ms(), ZoneInfo('Europe/London')):%Y-%m}"
    told = json.loads(run(contract, "--ledger", ledger, "--format", "json").stdout)
    assert told["period"]["name"] < this
    assert told["status"] == "provisional"


def test_the_output_can_go_to_a_file(tmp_path: Path, contract: str, ledger: str) -> None:
    result = run(contract, "--ledger", ledger, *MARCH, "--format", "json", "--output", str(tmp_path / "a.json"))
    assert (result.exit_code, result.stdout) == (0, "")
    assert (tmp_path / "a.json").read_text() == run(contract, "--ledger", ledger, *MARCH, "--format", "json").stdout
    lost = run(contract, "--ledger", ledger, *MARCH, "--output", str(tmp_path / "nowhere" / "a.txt"))
    assert (lost.exit_code, "cannot be written: No such file or directory" in lost.output) == (1, True)


def configured(folder: Path, ledger: str) -> str:
    """Settings that name the ledger, with a folder of contracts."""
    (folder / "contracts").mkdir()
    (folder / "contracts" / "partnership.yaml").write_text(CONTRACT)
    settings = folder / "sla-monitor.yaml"
    settings.write_text(f"contracts: contracts\nledger: {{path: {ledger}}}\n")
    return str(settings)


def test_a_contract_goes_by_its_id_where_there_are_settings(tmp_path: Path, contract: str, ledger: str) -> None:
    named = run("partnership", "--config", configured(tmp_path, ledger), *MARCH)
    assert named.stdout == run(contract, "--ledger", ledger, *MARCH).stdout


def test_an_unknown_contract_is_told_with_the_nearest_name(tmp_path: Path, ledger: str) -> None:
    result = run("partnerhsip", "--config", configured(tmp_path, ledger), *MARCH)
    assert result.exit_code == 2
    assert "there is no contract 'partnerhsip' (did you mean partnership?)" in result.output


@pytest.mark.parametrize(
    ("period", "told"),
    [
        ("2024-12", "2024-12 is not in the term of partnership, which runs 2025-01 to 2044-12"),
        ("2045-01", "2045-01 is not in the term of partnership, which runs 2025-01 to 2044-12"),
        ("2044-12", "2044-12 has not begun (the month that is running is 20"),
        ("2025-13", "'2025-13' is no month (write 2026-10, or running)"),
        ("march\x1b[2J", "is no month"),
    ],
)
def test_a_month_that_cannot_be_assessed_is_refused(contract: str, ledger: str, period: str, told: str) -> None:
    result = run(contract, "--ledger", ledger, "--period", period)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert "\x1b" not in result.output


def test_no_ledger_yet_is_one_clear_line(tmp_path: Path, contract: str) -> None:
    error = run(contract, "--ledger", str(tmp_path / "none.db"), *MARCH).exception
    assert isinstance(error, LedgerError)
    assert str(error).startswith(f"{tmp_path}/none.db: there is no ledger here (named with --ledger)")


def test_a_damaged_ledger_is_one_clear_line(tmp_path: Path, contract: str, ledger: str) -> None:
    (tmp_path / "ledger.db").write_bytes(Path(ledger).read_bytes()[:40_000])
    error = run(contract, "--ledger", str(tmp_path / "ledger.db"), *MARCH).exception
    assert isinstance(error, LedgerDamaged)
    assert "restore a backup" in str(error)


def test_the_mistakes_of_the_files_are_told_as_such(tmp_path: Path, contract: str, ledger: str) -> None:
    (tmp_path / "bad.yaml").write_text(CONTRACT.replace("target: 95", "target: 950"))
    error = run(str(tmp_path / "bad.yaml"), "--ledger", ledger, *MARCH).exception
    assert isinstance(error, ConfigError)
    (tmp_path / "bad.json").write_text("{}")
    error = run(contract, "--evidence", str(tmp_path / "bad.json"), *MARCH).exception
    assert isinstance(error, EvidenceError)


def test_a_ledger_and_a_file_are_not_both_asked(contract: str, ledger: str) -> None:
    result = run(contract, "--ledger", ledger, "--evidence", ledger)
    assert (result.exit_code, "exclude each other" in result.output) == (2, True)


def test_a_draft_is_compared_month_by_month(tmp_path: Path, contract: str, ledger: str) -> None:
    """Severe failures cost 2 and not 3 points, and a point 2 per cent: the cap is reached all the same."""
    draft = tmp_path / "draft.yaml"
    draft.write_text(CONTRACT.replace("points: 3", "points: 2").replace("per_point_percent: 1", "per_point_percent: 2"))
    result = run(contract, "--ledger", ledger, "--terms", str(draft), *MARCH)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"partnership under {draft}: 3 months, 2025-01 to 2025-03; 2 of them differ\n")
    assert ["2025-03", "6", "->", "4"] in [line[:4] for line in lines(result.stdout)]
    told = json.loads(run(contract, "--ledger", ledger, "--terms", str(draft), *MARCH, "--format", "json").stdout)
    assert told["months"][2]["difference"]["points"]["value"] == "-2"
    assert (told["total"]["credit"]["amount"], told["draft_total"]["credit"]["amount"]) == ("40000.00", "40000.00")


def test_a_draft_of_another_contract_is_refused(tmp_path: Path, contract: str, ledger: str) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text(CONTRACT.replace("id: partnership", "id: other"))
    result = run(contract, "--ledger", ledger, "--terms", str(draft), *MARCH)
    assert result.exit_code == 2
    assert "is contract other (write id: partnership)" in " ".join(result.output.split())


def on_a_terminal(columns: int, *arguments: str) -> str:
    """What a terminal so wide shows."""
    ours, theirs = pty.openpty()
    script = "import sys; from sla_monitor.cli.assess.command import assess; assess(sys.argv[1:])"
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns)}
    command = [sys.executable, "-c", script, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while piece := os.read(ours, 65_536):
            shown += piece
    except OSError:  # so Linux says that the other side is gone
        pass
    assert process.wait() == 0, shown
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_the_table_fits_the_terminal(contract: str, ledger: str, columns: int) -> None:
    shown = on_a_terminal(columns, contract, "--ledger", ledger, *MARCH)
    figures = [line for line in shown.splitlines() if "KPI1" in line or "98.23 %" in line]
    assert all(len(line) <= columns for line in figures)
    assert all(view in shown for view in ("97.96 %", "98.63 %", "98.23 %"))
    assert ("left out, no room: title" in shown) is (columns == 80)
    assert ("title: Custody is available" in shown) is (columns == 40)


def test_help_says_whose_terms_the_figures_are_by() -> None:
    told = " ".join(run("--help").stdout.split())
    assert (
        "The figures are by the terms of CONTRACT; --terms sets those of a draft beside them and changes none." in told
    )
