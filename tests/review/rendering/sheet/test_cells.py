"""Every value of a table is in the workbook as what it is."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from sla_monitor.review.blocks import Cell, Column, Table, duration_cell
from sla_monitor.review.rendering.sheet.cells import Value, placed, printed_length, table_of

ZONE = ZoneInfo("Europe/London")
NIGHT = datetime(2026, 10, 25, 1, 30, tzinfo=ZONE)
ONE = Decimal(1)


@pytest.mark.parametrize(
    ("cell", "value", "shape", "printed"),
    [
        (Cell("£1,234.50", ONE), 1234.5, '"£"#,##0.00', "£1,234.50"),
        (Cell("CHF 120.00", ONE), 120.0, '"CHF "#,##0.00', "CHF 120.00"),
        (Cell("−£0.10", ONE), -0.1, '"£"#,##0.00', "-£0.10"),
        (Cell("99.86 %", ONE), 99.86, '#,##0.00" %"', "99.86 %"),
        (Cell("97.40", ONE, "severe", "!!!R", "severe, repeat"), 97.4, '"!!!R "#,##0.00', "!!!R 97.40"),
        (Cell("17", 17), 17.0, "#,##0", "17"),
        (Cell(">999", 999), 999.0, '">"#,##0', ">999"),
        (duration_cell(9_000_000), 0.10416666666666667, '[h]" h "mm" min"', "2 h 00 min 00 s"),
        (duration_cell(90_001_000), 1.0416782407407408, '[h]" h "mm" min "ss" s"', "25 h 00 min 00 s"),
        (Cell("3 Oct 2026", moments=(date(2026, 10, 3),)), datetime(2026, 10, 3), "d mmm yyyy", "30 Sep 2026"),  # noqa: DTZ001
        (
            Cell("25 Oct 2026 01:30:00 GMT", moments=(NIGHT.replace(fold=1),)),
            NIGHT.replace(tzinfo=None, fold=1), 'd mmm yyyy hh:mm:ss "GMT"', "25 Oct 2026 01:30:00 GMT.",
        ),
    ],
)  # fmt: skip
def test_a_value_has_its_number_its_format_and_its_width(cell: Cell, value: Value, shape: str, printed: str) -> None:
    found, look = placed(cell)
    assert (found, look["num_format"]) == (value, shape)
    assert printed_length((found, look)) == len(printed)


def test_what_is_no_number_is_text() -> None:
    assert placed(Cell("no figure", tone="unknown", mark="?", hint="no figure"))[0] == "no figure"
    assert placed(Cell("=1+1"))[0] == "=1+1"


def test_from_when_to_when_is_two_columns() -> None:
    columns = (Column("Outage", is_stretch=True), Column("Lasted", is_number=True))
    later = NIGHT.replace(hour=3)
    rows = (
        (Cell("a stretch", moments=(NIGHT, later)), Cell("2 h")),
        (Cell("still open", moments=(NIGHT,)), Cell("")),
        (Cell("All outages"), Cell("2 h")),
    )
    made = table_of(Table("outages", "Outages", columns, rows))
    assert [[value for value, _ in row] for row in made] == [
        ["Outage from", "To", "Lasted"],
        [NIGHT.replace(tzinfo=None), later.replace(tzinfo=None), "2 h"],
        [NIGHT.replace(tzinfo=None), "still open", ""],
        ["All outages", "", "2 h"],
    ]
