"""Pictures of the documents: `make pictures` makes each of them, and each is shown with a text beside it."""

from __future__ import annotations

import re
from pathlib import Path
from runpy import run_path

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHOWN = re.compile(r"!\[([^\]]*)\]\(([^)]+\.png)\)")


def test_each_picture_is_made_by_the_command_and_shown_with_a_text() -> None:
    table = run_path(str(ROOT / "tools/pictures.py"))
    made = {one.name for kind in ("PAGES", "FILES", "TERMINALS", "DESK_PICTURES") for one in table[kind]}
    assert {path.stem for path in (ROOT / "docs/images").glob("*.png")} == made
    shown = {}
    for page in PAGES:
        for text, name in SHOWN.findall(page.read_text(encoding="utf-8")):
            assert (page.parent / name).exists(), f"{page}: {name}"
            shown[Path(name).stem] = text
    assert shown.keys() == made
    assert all(len(text) > 40 for text in shown.values())
