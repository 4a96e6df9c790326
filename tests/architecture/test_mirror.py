"""The folders of `tests/` are those of the package, and the few that CONTRIBUTING.md names."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_test_folder_is_a_folder_of_the_package_or_named_in_contributing() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", page.partition("no room:")[2].partition("`python tools/house.py`")[0]))
    folders = {path.parent.relative_to(ROOT / "tests") for path in ROOT.glob("tests/*/**/__init__.py")}
    others = {str(folder) for folder in folders if not (ROOT / "sla_monitor" / folder).is_dir()}
    assert others == named
