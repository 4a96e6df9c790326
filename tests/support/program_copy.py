"""A copy of the program into which the lines of a page are put, as a reader of the page would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import sla_monitor
from tests.contract.support import ROOT


def copied(folder: Path) -> Path:
    """The copy's package."""
    program = folder / "sla_monitor"
    shutil.copytree(Path(sla_monitor.__file__).parent, program, ignore=shutil.ignore_patterns("__pycache__"))
    return program


def put(file: Path, before: str, after: str) -> None:
    """Replace what stands once in a file."""
    text = file.read_text(encoding="utf-8")
    assert text.count(before) == 1, before
    file.write_text(text.replace(before, after), encoding="utf-8")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python with the copy's program and this checkout's tests."""
    environment = os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def run_tests(folder: Path, *which: str) -> subprocess.CompletedProcess[str]:
    """Tests of this checkout, with the copy's program."""
    options = ("-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--import-mode=importlib", "--rootdir", str(folder))
    return run(folder, "-m", "pytest", *options, *which)
