"""Whole packs of made-up months, from evidence files through the real assessment.

`UPDATE_GOLDEN=1 pytest tests/review/test_golden.py` writes the texts anew; read the difference before it is committed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal
from pathlib import Path
from typing import Any

import pytest

from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.rendering.pdf import pdf
from tests.review.months import FOLDER, SCENES, scene
from tests.review.plain_text import text_of
from tests.review.rendering.test_pdf import extracted, squeezed

PLACES = {
    name: Decimal(step)
    for name, step in zip(("KPI1", "KPI2", "KPI3", "KPI4", "PI1"), ("0.01", "0.01", "0.01", "0.1", "0.01"), strict=True)
}
"""What the contract rounds to; where it does not, a figure is cut off, and more is better in all of these."""


@pytest.mark.parametrize("name", SCENES)
def test_a_month_is_told_as_it_was(name: str, tmp_path: Path) -> None:
    file = FOLDER / f"{name}.txt"
    text = text_of(pack(scene(name, tmp_path)[0]))
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text)
    assert text == file.read_text()


@pytest.mark.parametrize("name", SCENES)
def test_the_pdf_says_what_the_json_says(name: str, tmp_path: Path) -> None:
    """Figure by figure, from the document that other programs read: no rendering can drift from it."""
    case, document = scene(name, tmp_path)
    (tmp_path / "pack.pdf").write_bytes(pdf(pack(case)))
    said, text = json.loads(document), extracted(tmp_path / "pack.pdf")
    rows, counted = text[text.index("AllKPIs,") :], set[str]()
    for kpi in said["kpis"]:
        mark = "(PI)" if kpi["kind"] == "PI" else ""
        begin = rows.index(squeezed(f"{kpi['kpi']}{mark}{kpi['title']}"))
        told = list(printed(kpi))
        counted.update([kpi["kpi"]] if told else [])
        for piece in told:
            assert squeezed(piece) in rows[begin : begin + 260], (kpi["kpi"], piece)
    assert counted >= {"KPI1", "KPI2", "KPI3"}
    for amount in amounts(said["result"]):
        assert f"£{amount}" in text, amount


def printed(kpi: dict[str, Any]) -> Iterator[str]:
    """What stands in a KPI's row, by its JSON."""
    result = kpi["result"]
    if result is None or result["value"] is None:
        return
    shown = Decimal(result["rounded"]["value"]).quantize(PLACES[kpi["kpi"]], ROUND_FLOOR)
    yield f"{shown}{' %' if kpi['unit'] == 'percent' else ''}"
    yield (result["band"] or "not assessed").replace("_", " ")
    yield f"{result['failures_in_a_row']}{result['points']['value']}"


def amounts(result: dict[str, Any]) -> Iterator[str]:
    """All money of the month, as it is printed."""
    whole = [result["credit"], result["before_caps"], *(line["amount"] for line in result["lines"])]
    whole += [cap[key] for cap in result["caps"] for key in ("limit", "used", "before", "after", "left")]
    whole += [charge["amount"] for charge in result["charges"]]
    yield from (f"{Decimal(one['amount']):,.2f}" for one in whole)
