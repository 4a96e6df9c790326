"""The PDF says what the data set says: its text is taken out again and compared row by row."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from sla_monitor.review.blocks import Facts, Pack, Section
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.rendering.pdf import pdf
from tests.review import estate


def extracted(file: Path) -> str:
    """The text in the order in which it is written, without any white space."""
    text = subprocess.run(["pdftotext", "-raw", file, "-"], check=True, capture_output=True, text=True).stdout
    return squeezed(text)


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b\x00-\x1f]+", "", text)


def facts(made: Pack) -> list[tuple[str, str]]:
    def of(section: Section) -> list[Facts]:
        own = [block for block in section.blocks if isinstance(block, Facts)]
        return own + [found for inner in section.sections for found in of(inner)]

    blocks = [block for block in made.cover if isinstance(block, Facts)]
    blocks += [found for section in made.sections for found in of(section)]
    return [(name, cell.text) for block in blocks for name, cell in block.items]


def test_every_row_of_every_table_and_every_fact_is_in_the_document(plain_pdf: Path) -> None:
    made = pack(estate.case())
    text = extracted(plain_pdf)
    for table in made.tables:
        for row in table.rows:
            told = squeezed("".join(cell.mark + cell.text for cell in row))
            assert told in text, (table.id, told)
    for name, said in facts(made):
        assert squeezed(name) in text, name
        assert squeezed(said) in text, said


def test_every_page_after_the_cover_names_contract_period_status_and_digest(plain_pdf: Path) -> None:
    pages = subprocess.run(["pdftotext", "-layout", plain_pdf, "-"], check=True, capture_output=True, text=True).stdout
    several = pages.split("\f")[:-1]
    assert len(several) > 8
    for number, page in enumerate(several, start=1):
        assert f"Page {number} of {len(several)}" in page
        assert number == 1 or "Strategic IT Partnership · October 2026 · Provisional · abababababababab" in page


def test_the_document_is_tagged_and_says_that_it_is_accessible(plain_pdf: Path) -> None:
    said = subprocess.run(["pdfinfo", plain_pdf], check=True, capture_output=True, text=True).stdout
    assert "Tagged:          yes" in said
    assert "Title:           Strategic IT Partnership: Supplier performance review, October 2026" in said
    assert b"pdfuaid:part" in plain_pdf.read_bytes()


def test_the_same_month_gives_the_same_bytes(plain_pdf: Path) -> None:
    """Made by another test, in another process perhaps."""
    assert pdf(pack(estate.case())) == plain_pdf.read_bytes()


def test_hostile_texts_are_shown_and_not_obeyed(hostile_pdf: Path) -> None:
    text = extracted(hostile_pdf)
    assert "<script>document.title='taken'</script>" in text.replace("’", "'")
    assert "root:x:0:0" not in text
    assert squeezed('#raw(read("/etc/passwd")) $ x^2 $ *bold* ]') in text.replace("“", '"').replace("”", '"')
    assert text.count("W" * 400) >= 5


@pytest.mark.parametrize("made", ["plain_pdf", "hostile_pdf"])
def test_nothing_sticks_out_of_a_page(request: pytest.FixtureRequest, made: str) -> None:
    """Every word lies inside its page's margins, however much somebody wrote into a table."""
    file = request.getfixturevalue(made)
    boxes = subprocess.run(["pdftotext", "-bbox", file, "-"], check=True, capture_output=True, text=True).stdout
    width = height = 0.0
    words = 0
    for line in boxes.splitlines():
        if page := re.search(r'<page width="([\d.]+)" height="([\d.]+)"', line):
            width, height = float(page[1]), float(page[2])
        elif word := re.search(r'xMin="(-?[\d.]+)".*xMax="([\d.]+)" yMax="([\d.]+)"', line):
            words += 1
            assert float(word[1]) >= 40, line
            assert float(word[2]) <= width - 40, line
            assert float(word[3]) <= height - 20, line
    assert words > 500
