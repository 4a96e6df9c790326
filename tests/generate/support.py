"""Contracts to generate from, and Debian's own tools to judge what comes out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.contract.terms import Terms
from sla_monitor.generate.file_set import rendered, write
from sla_monitor.generate.prometheus import prometheus_files
from sla_monitor.settings import Settings
from tests.support.terms import HEAD

ROOT = Path(__file__).parents[2]
ON = "2026-11-02"
"""The day from whose terms the committed files are made."""
NOW_MS = 1_793_620_800_000

ENDPOINT = {"id": "login", "kind": "tcp", "host": "127.0.0.1", "port": 1, "every": "30s", "timeout": "5s"}


def contract(parts: dict[str, Any]) -> Contract:
    """A contract of one version: the parts, and the least that it must hold besides."""
    terms = Terms.model_validate({**HEAD, "services": [{"id": "cad", "endpoints": [ENDPOINT]}], **parts})
    return Contract((TermsVersion(0, terms),))


def generated(folder: Path, *contracts: Contract, **options: bool) -> Path:
    """The folder with Prometheus' files for some contracts."""
    write(rendered(prometheus_files(contracts, Settings(), NOW_MS, **options)), folder)
    return folder


def promtool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    # Each test has a storage of its own, and most of what that costs is collecting it again.
    environment = os.environ | {"GOGC": "400"}
    command = ["promtool", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def passes(folder: Path, pattern: str = "*.yaml") -> None:
    """Rules are clean, and the unit tests that match pass."""
    rules = promtool("check", "rules", "--lint=all", "--lint-fatal", *sorted((folder / "rules").glob("*.yaml")))
    assert rules.returncode == 0, rules.stdout + rules.stderr
    tests = promtool("test", "rules", *sorted((folder / "tests").glob(pattern)))
    assert tests.returncode == 0, tests.stdout + tests.stderr
