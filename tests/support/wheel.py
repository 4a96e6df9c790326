"""The program as a wheel has it, unpacked into a folder: nothing of the repository can be reached from there."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def unpacked_wheel(folder: Path) -> Path:
    """Build the wheel and unpack it into `folder`, which a process may have as its PYTHONPATH."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "dist")]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True, timeout=120)
    (wheel,) = (folder / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "program")
    return folder / "program"
