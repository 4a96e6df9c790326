"""A bundle on another machine: the program from its wheel, in a fresh environment, another time zone and locale."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.review.bundles import MONTH, contents, furnished, reviewed, run
from tests.review.shared import once
from tests.systemd.machine import build_wheel

PLACES = (
    {"TZ": "Pacific/Auckland", "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "7"},
    {"TZ": "America/St_Johns", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "8", "PYTHONUTF8": "0"},
)


def _installed(folder: Path) -> None:
    """The wheel, and nothing of this tree: its dependencies are those of the environment that runs the tests."""
    (folder / "wheel").mkdir()
    wheel = build_wheel(folder / "wheel")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-index", "--no-deps", wheel],
        check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    (site,) = (folder / "venv/lib").glob("python*/site-packages")
    # a path in a .pth file adds the libraries, and not what they themselves add: not the tree that is worked on
    (site / "dependencies.pth").write_text(f"{sysconfig.get_paths()['purelib']}\n")
    reviewed(furnished(folder / "place"), folder / "here", "--copy", "supplier")


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "elsewhere", _installed)


def on(folder: Path, place: dict[str, str], *words: str | Path) -> subprocess.CompletedProcess[bytes]:
    """The installed program, with no more of this environment than where programs are."""
    return subprocess.run(
        [folder / "venv/bin/sla-monitor", *words], env={"PATH": os.environ["PATH"], **place}, cwd=folder / "venv",
        capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=300,
    )  # fmt: skip


def test_it_is_the_wheel_that_runs(elsewhere: Path) -> None:
    told = subprocess.run(
        [elsewhere / "venv/bin/python", "-c", "import sla_monitor; print(sla_monitor.__file__)"],
        env={"PATH": os.environ["PATH"]}, cwd=elsewhere, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert told.startswith(str(elsewhere / "venv"))


@pytest.mark.parametrize("place", PLACES)
def test_a_bundle_holds_elsewhere(elsewhere: Path, place: dict[str, str]) -> None:
    bundle = elsewhere / "here" / f"partnership-{MONTH}-supplier.zip"
    done = on(elsewhere, place, "verify", bundle, "--signer", elsewhere / "place/key.pem")
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert b"Traceback" not in done.stderr
    for rendering in (b"html        holds", b"pdf         holds", b"xlsx        holds", b"csv         holds"):
        assert rendering in done.stdout


@pytest.mark.parametrize("place", PLACES)
def test_a_bundle_made_elsewhere_from_the_same_two_files_is_the_same_to_the_last_byte(
    elsewhere: Path, tmp_path: Path, place: dict[str, str]
) -> None:
    files = contents(elsewhere / "here" / f"partnership-{MONTH}-supplier.zip")
    (tmp_path / "holidays").mkdir()
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms/partnership.yaml").write_bytes(files["contract/partnership.yaml"])
    (tmp_path / "holidays/days.yaml").write_bytes(files["contract/holidays-days.yaml"])
    (tmp_path / "evidence.json").write_bytes(files["evidence.json"])
    words = ("review", tmp_path / "terms/partnership.yaml", "--evidence", tmp_path / "evidence.json", "--period", MONTH,
             "--copy", "supplier", "--bundle", "--output")  # fmt: skip
    there = on(elsewhere, place, *words, tmp_path / "there")
    assert there.returncode == 0, (there.stdout, there.stderr)
    assert run(*words, tmp_path / "here").exit_code == 0
    name = f"partnership-{MONTH}-supplier"
    ours, theirs = (tmp_path / where / f"{name}.zip" for where in ("here", "there"))
    assert ours.read_bytes() == theirs.read_bytes()
    assert contents(theirs)[f"{name}.json"] == files[f"{name}.json"]
