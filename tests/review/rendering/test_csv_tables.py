"""CSV files hold what the tables hold, and nothing that a spreadsheet runs."""

from __future__ import annotations

import csv
import io

from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.rendering.csv_tables import DANGEROUS, csv_files, guarded
from tests.review import estate, hostile


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_every_table_with_rows_is_a_file() -> None:
    made = pack(estate.case())
    found = csv_files(made)
    assert set(found) == {f"csv/{table.id}.csv" for table in made.tables if table.rows}
    kpis = rows(found["csv/kpis.csv"])
    assert kpis[0][:3] == ["KPI", "What is promised", "Target"]
    assert kpis[1][7:9] == ["97.40 %", "severe"]


def test_a_score_is_said_in_words() -> None:
    assert rows(csv_files(pack(estate.case()))["csv/scorecard.csv"])[1][-1] == "severe, repeat: 97.40"


def test_what_people_wrote_never_begins_a_formula() -> None:
    made = pack(hostile.case())
    numbers = {cell.text for table in made.tables for row in table.rows for cell in row if cell.value is not None}
    cells = [cell for content in csv_files(made).values() for row in rows(content) for cell in row]
    assert [cell for cell in cells if cell.startswith(DANGEROUS) and cell not in numbers] == []
    assert guarded(hostile.TEXTS[1]) in cells


def test_the_sign_of_a_number_of_ours_stays() -> None:
    assert rows(csv_files(pack(estate.case()))["csv/kpis.csv"])[1][6] == "+0.30"
