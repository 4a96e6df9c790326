"""Each third-party library has one owning room; only clock.py reads the wall clock. Read from the source itself."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import sla_monitor

HOUSE = Path(sla_monitor.__file__).parent
OWNERS = {
    "apscheduler": {"schedule"},
    "arro3": {"archive"},
    "authlib": {"web"},
    "bcrypt": {"web"},
    "click": {"cli"},
    "cryptography": {"demo", "probe", "signing.py"},
    "dateutil": {"contract"},
    "dns": {"probe", "demo"},
    "holidays": {"contract"},
    "httptools": {"probe"},
    "icalendar": {"document"},
    "idna": {"contract"},
    "joserfc": {"web"},
    "jinja2": {"web", "review"},
    "jsonpath_rfc9535": {"contract"},
    "logfmter": {"log.py"},
    "msgspec": {"probe", "transport", "ledger"},
    "nats": {"transport"},
    "prometheus_client": {"metrics"},
    "pycares": {"probe"},
    "pydantic": {"contract", "register", "evidence", "settings"},
    "pydantic_core": {"contract", "evidence"},
    "pythonjsonlogger": {"log.py"},
    "re2": {"contract"},
    "requests": {"probe", "silences.py", "webhooks"},
    "sqlite3": {"ledger", "backfill", "outpost"},
    "sqlite_utils": {"ledger"},
    "tabulate": {"cli"},
    "tornado": {"web"},
    "typing_extensions": {"assess", "document", "probe", "web"},
    "typst": {"review"},
    "urllib3": {"probe"},
    "webencodings": {"probe"},
    "xlsxwriter": {"review"},
    "yaml": {"contract", "generate"},
}
WALL_CLOCK = {("time", "time"), ("time", "time_ns"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}


def sources() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def room(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0]


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def strangers(path: Path, text: str) -> set[str]:
    """Libraries that this file may not import."""
    return {name for name in imported(ast.parse(text)) if name in OWNERS and room(path) not in OWNERS[name]}


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_library_is_imported_by_its_owner_only(path: Path) -> None:
    assert strangers(path, path.read_text()) == set()


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(HOUSE)))
def test_only_the_clock_reads_the_wall_clock(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    readers = {
        (call.value.id, call.attr)
        for call in calls
        if isinstance(call, ast.Attribute) and isinstance(call.value, ast.Name)
    }
    if path.name != "clock.py":
        assert readers & WALL_CLOCK == set()


def test_breaking_the_rule_on_purpose_is_seen() -> None:
    assert strangers(HOUSE / "sla" / "availability.py", "import requests\nfrom yaml import load\n") == {
        "requests",
        "yaml",
    }


def test_every_dependency_has_an_owner() -> None:
    """A library that is in the project's dependencies and in nobody's room would be dead weight."""
    declared = tomllib.loads((HOUSE.parent / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {line.partition(">")[0].partition("[")[0].lower() for line in declared}
    modules = {
        "dnspython": "dns",
        "google-re2": "re2",
        "python-dateutil": "dateutil",
        "pyyaml": "yaml",
        "python-json-logger": "pythonjsonlogger",
    }
    known = {modules.get(name, name.replace("-", "_")) for name in names} - {"tzdata"}  # data for zoneinfo
    assert known <= set(OWNERS)


def test_an_upward_import_on_purpose_is_refused(tmp_path: Path) -> None:
    """import-linter runs in `make check`; here it is shown that its rules bite."""
    shutil.copytree(HOUSE, tmp_path / "sla_monitor", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(HOUSE.parent / "pyproject.toml", tmp_path)
    spans = tmp_path / "sla_monitor" / "sla" / "spans.py"
    spans.write_text(spans.read_text() + "\nimport time\nfrom sla_monitor import daemon\n")
    run = subprocess.run(
        ["lint-imports", "--no-cache"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "sla_monitor.sla.spans -> sla_monitor.daemon" in run.stdout
    assert "sla_monitor.sla.spans -> time" in run.stdout
