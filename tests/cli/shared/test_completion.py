"""What a shell completes, asked of the scripts that the package installs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from sla_monitor.cli import cli
from tools.deb_source import completions

ROOT = Path(__file__).parents[3]


def offered(*words: str, begun: str = "") -> list[str]:
    asked = BashComplete(cli, {}, "sla-monitor", "_SLA_MONITOR_COMPLETE").get_completions(list(words), begun)
    return [item.value for item in asked]


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def test_commands_options_and_choices_are_offered() -> None:
    assert offered("register", begun="im") == ["import"]
    assert offered("register", "import", begun="--pre") == ["--preset"]
    assert offered("register", "import", "--preset", begun="s") == ["servicenow"]
    assert "claim" in offered("register", "add")


def test_contracts_and_endpoints_of_the_configuration_are_offered() -> None:
    assert offered("assess", begun="pol") == ["police-strategic-it"]
    assert "police-strategic-it/cad-login" in offered("probe", begun="police-strategic-it/ca")
    assert offered("assess", "--config", "nowhere.yaml") == []


def test_a_configuration_that_cannot_be_read_offers_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("contracts: {")
    assert offered("assess", "--config", str(broken)) == []


def test_bash_asks_the_program_itself(tmp_path: Path) -> None:
    """The script as it is installed, in a real shell, with the words of a command line."""
    script = tmp_path / "completion"
    script.write_text(dict(completions())["sla-monitor"])
    program = tmp_path / "sla-monitor"
    program.write_text(f"#!{sys.executable}\nfrom sla_monitor.cli import main\nmain()\n")
    program.chmod(0o755)
    typed = "COMP_WORDS=(sla-monitor assess pol); COMP_CWORD=2; _sla_monitor_completion sla-monitor"
    told = subprocess.run(
        ["bash", "-c", f'. {script}; {typed}; echo "${{COMPREPLY[@]}}"'],
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert (told.stdout, told.stderr) == ("police-strategic-it\n", "")
