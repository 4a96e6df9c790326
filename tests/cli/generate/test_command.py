"""`sla-monitor generate`: writes all or nothing, compares without writing, and takes away what is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_monitor.cli.generate.command import generate
from sla_monitor.errors import GenerateError
from sla_monitor.generate.file_set import MARK
from tests.generate.support import ON, ROOT

CONFIG = str(ROOT / "config/sla-monitor.yaml")


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(generate, [*arguments, "--config", CONFIG, "--on", ON], catch_exceptions=False)


def test_what_is_up_to_date_passes_the_check(tmp_path: Path) -> None:
    assert ran("prometheus", "--output", str(tmp_path)).exit_code == 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    assert ran("prometheus", "--output", str(tmp_path), "--check").exit_code == 0
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before


def test_what_differs_is_shown_and_left_alone(tmp_path: Path) -> None:
    ran("prometheus", "--output", str(tmp_path))
    rules = tmp_path / "rules/monitor.yaml"
    rules.write_text(rules.read_text().replace("> 30", "> 31"))
    checked = ran("prometheus", "--output", str(tmp_path), "--check")
    assert checked.exit_code == 1
    assert "sla_schedule_pulse_age_seconds > 31" in checked.output
    assert "> 31" in rules.read_text()


def test_the_check_of_an_empty_folder_writes_nothing(tmp_path: Path) -> None:
    assert ran("prometheus", "--output", str(tmp_path / "new"), "--check").exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_files_of_a_contract_that_is_gone_are_taken_away_and_others_stay(tmp_path: Path) -> None:
    gone, other = tmp_path / "rules/gone-contract.yaml", tmp_path / "rules/theirs.yaml"
    gone.parent.mkdir()
    gone.write_text(MARK + "groups: []\n")
    other.write_text("groups: []\n")
    assert ran("prometheus", "--output", str(tmp_path), "--check").exit_code == 1
    assert ran("prometheus", "--output", str(tmp_path)).exit_code == 0
    assert (gone.exists(), other.exists()) == (False, True)


def test_when_one_file_cannot_be_written_none_is(tmp_path: Path) -> None:
    """A folder stands where the last file should go: the first ones are as they were, and nothing half-made is left."""
    ran("prometheus", "--output", str(tmp_path))
    first = tmp_path / "prometheus.yml"
    first.write_text("as it was\n")
    (tmp_path / "tests/monitor-1m.yaml.new").mkdir()
    with pytest.raises(GenerateError, match=r"monitor-1m\.yaml\.new: Is a directory"):
        ran("prometheus", "--output", str(tmp_path))
    assert first.read_text() == "as it was\n"
    assert [path for path in tmp_path.rglob("*.new") if path.is_file()] == []
