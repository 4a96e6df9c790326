"""The how-to's objective comes to what the how-to says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.contract.openslo.importing import run

PAGE = Path(__file__).parents[3] / "docs/how-to/import-openslo.md"


def test_the_example_is_imported_as_the_page_says(tmp_path: Path) -> None:
    objective, terms = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "slos.yaml").write_text(objective)
    said = run(tmp_path / "slos.yaml")
    assert (said.code, said.out) == (0, terms)
