"""docs/how-to/add-a-register-kind.md: its lines make a kind that works, in a copy of the program."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sla_monitor
from sla_monitor.ledger.opening import make_ledger
from sla_monitor.register.kinds.kind import EntryKind

from .office import TERMS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/how-to/add-a-register-kind.md").read_text(encoding="utf-8")
KIND, LINE = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
DRILL = ("--start", "2024-02-05 09:00", "--end", "2024-02-05 10:00", "--passed", "--note", "In time.")
PACK = """
from zoneinfo import ZoneInfo
from sla_monitor.register.entries import KINDS
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.wording.entries import EntryWording
zone = ZoneInfo("Europe/London")
print(body_of("drill", KINDS["drill"].example.words, zone).words(EntryWording(zone, "GBP")))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program with the page's lines in it, and a contract and a ledger beside it."""
    folder = tmp_path_factory.mktemp("copy")
    quiet = shutil.ignore_patterns("__pycache__")
    shutil.copytree(Path(sla_monitor.__file__).parent, folder / "sla_monitor", ignore=quiet)
    shutil.copytree(ROOT / "tests/register", folder / "tests/register", ignore=quiet)
    shutil.copytree(ROOT / "tests/support", folder / "tests/support", ignore=quiet)
    shutil.copy(ROOT / "tests/__init__.py", folder / "tests/__init__.py")
    (folder / "sla_monitor/register/kinds/drill.py").write_text(KIND, encoding="utf-8")
    table = folder / "sla_monitor/register/entries.py"
    text = table.read_text(encoding="utf-8")
    assert "    | Dispute\n" in text
    text = text.replace("    | Dispute\n", f"    | Dispute\n{LINE}")
    first = "from sla_monitor.register.kinds.earn_back"
    text = text.replace(first, f"from sla_monitor.register.kinds.drill import Drill\n{first}")
    table.write_text(text, encoding="utf-8")
    (folder / "contracts").mkdir()
    (folder / "contracts/small.yaml").write_text(json.dumps(TERMS))
    (folder / "sla-monitor.yaml").write_text("ledger: {path: ledger.db}\n")
    make_ledger(folder / "ledger.db")
    return folder


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def register(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "-m", "sla_monitor", "register", *words)


def test_every_consumer_takes_the_kind_of_the_page(copy: Path) -> None:
    options = ("-q", "-p", "no:randomly", "-p", "no:cacheprovider", "--import-mode=importlib", "-k", "drill or table")
    tests = run(copy, "-m", "pytest", *options, "tests/register/kinds/test_kind.py")
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "7 passed" in tests.stdout


def test_the_kind_of_the_page_is_helped_with_entered_refused_and_listed(copy: Path) -> None:
    told = register(copy, "add", "drill", "--help").stdout
    assert "An exercise in which a service was failed over." in told
    assert '--start "2026-10-05 09:00"' in told
    config = ("--config", "sla-monitor.yaml")
    refused = register(copy, "add", "drill", "small", "--service", "custard", *DRILL, "--actor", "ann", *config)
    assert "service: no such service: custard (did you mean custody?)" in refused.stderr
    added = register(copy, "add", "drill", "small", "--service", "custody", *DRILL, "--actor", "ann", *config)
    said = "Drill of custody: passed; 5 Feb 2024 09:00:00 to 10:00:00 GMT; In time."
    assert added.stdout == f"entry 1: {said}\n", added.stderr
    assert said in register(copy, "list", "small", "--kind", "drill", *config).stdout


def test_the_pack_has_the_words_of_the_kind_of_the_page(copy: Path) -> None:
    assert run(copy, "-c", PACK).stdout == "Drill of custody: passed\n"


def test_what_the_page_names_is_there() -> None:
    for path in set(re.findall(r"`((?:sla_monitor|tests|docs)/[\w./-]+)`", PAGE)):
        assert path.endswith("/drill.py") or (ROOT / path).exists(), path
    for names in re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", PAGE, re.MULTILINE):
        for name in re.findall(r"\w+", names):
            assert name in EntryKind.__annotations__ or hasattr(EntryKind, name), name
