"""The unit files as they are shipped, judged by systemd's own tools; neither needs a running systemd."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.systemd import machine

UNIT = Path(__file__).parents[2] / "systemd" / "sla-monitor.service"
SITE = UNIT.with_name("sla-monitor-site@.service")
UNITS = Path("/usr/lib/systemd/system")
both = pytest.mark.parametrize("unit", [UNIT, SITE], ids=["daemon", "site"])


def verify(text: str, folder: Path, name: str = UNIT.name) -> subprocess.CompletedProcess[str]:
    """`systemd-analyze verify` on a root that holds systemd's own units and, in our places, programs that exist."""
    for program in ("opt/sla-monitor/bin/sla-monitor", "bin/kill"):
        (folder / program).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", folder / program)
    shutil.copytree(UNITS, folder / UNITS.relative_to("/"), symlinks=True)
    (folder / "etc/systemd/system").mkdir(parents=True)
    (folder / "etc/systemd/system" / name).write_text(text)
    command = ["systemd-analyze", "verify", f"--root={folder}", "--man=no", "--recursive-errors=no", name]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@both
def test_systemd_finds_nothing_to_complain_about(unit: Path, tmp_path: Path) -> None:
    result = verify(unit.read_text(), tmp_path, unit.name)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("LockPersonality=", "LockPersonalty=", "Unknown key 'LockPersonalty'"),
        ("WatchdogSec=30s", "WatchdogSec=soon", "Failed to parse sec value"),
        ("bin/sla-monitor run", "bin/monitor run", "bin/monitor is not executable"),
    ],
)
def test_a_mistake_in_the_unit_would_be_found(tmp_path: Path, right: str, wrong: str, complaint: str) -> None:
    """Otherwise the test above would prove nothing."""
    text = UNIT.read_text()
    assert right in text
    result = verify(text.replace(right, wrong), tmp_path)
    assert result.returncode != 0
    assert complaint in result.stderr


@both
def test_the_exposure_is_at_most_one_and_a_half(unit: Path) -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", str(unit)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout


@both
def test_every_hardening_line_says_what_it_would_break(unit: Path) -> None:
    """The comment stands above the line, or above the few lines that it speaks of together."""
    hardening = unit.read_text().split("# How much it may take.")[1].split("[Install]")[0]
    comment, above = "Breaks: ", "#"
    for line in filter(None, hardening.splitlines()[1:]):
        if line.startswith("#"):
            comment = comment + line if above.startswith("#") else line
        else:
            assert "Breaks: " in comment, line
        above = line


@pytest.mark.parametrize(
    "line",
    [
        "Type=notify", "NotifyAccess=main", "WatchdogSec=30s", "Restart=on-failure", "DynamicUser=yes",
        "StateDirectory=sla-monitor", "ConfigurationDirectory=sla-monitor", "ExecReload=/bin/kill -HUP $MAINPID",
    ],
)  # fmt: skip
def test_what_the_how_to_promises_is_in_the_unit(line: str) -> None:
    assert line in UNIT.read_text().splitlines()


def test_a_site_is_hardened_as_the_daemon_is() -> None:
    def settings(unit: Path) -> set[str]:
        text = unit.read_text().split("# How much it may take.")[1].split("[Install]")[0]
        return {line for line in text.splitlines()[1:] if line and not line.startswith("#")}

    own = settings(SITE) - {"User=sla-monitor"}
    assert {line.replace("/sla-monitor-site-%i", "/sla-monitor") for line in own} == settings(UNIT)


def test_the_how_to_installs_what_the_machine_of_the_boot_test_has() -> None:
    page = (machine.REPOSITORY / "docs/how-to/run-under-systemd.md").read_text(encoding="utf-8")
    (packages,) = re.findall(r"^apt-get install (python3 .+)$", page, re.MULTILINE)
    assert set(packages.split()) - {"python3-venv"} | {"systemd"} == set(machine.DEBIAN_PACKAGES)
    assert "python3 -m venv /opt/sla-monitor" in page
    assert "--require-hashes -r requirements.lock" in page
