"""The PDF says what the data set says: its text is taken out again and compared row by row."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sla_monitor.review.blocks import Facts, Pack, Section
from sla_monitor.review.case import Case
from sla_monitor.review.figures import pack
from sla_monitor.review.pdf import pdf
from tests.review import estate, hostile


def extracted(content: bytes, folder: Path) -> str:
    """The text in the order in which it is written, without any white space."""
    file = folder / "pack.pdf"
    file.write_bytes(content)
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


def test_every_row_of_every_table_and_every_fact_is_in_the_document(tmp_path: Path) -> None:
    made = pack(estate.case())
    text = extracted(pdf(made), tmp_path)
    for table in made.tables:
        for row in table.rows:
            told = squeezed("".join(cell.mark + cell.text for cell in row))
            assert told in text, (table.id, told)
    for name, said in facts(made):
        assert squeezed(name) in text, name
        assert squeezed(said) in text, said


def test_every_page_after_the_cover_names_contract_period_status_and_digest(tmp_path: Path) -> None:
    file = tmp_path / "pack.pdf"
    file.write_bytes(pdf(pack(estate.case())))
    pages = subprocess.run(["pdftotext", "-layout", file, "-"], check=True, capture_output=True, text=True).stdout
    several = pages.split("\f")[:-1]
    assert len(several) > 8
    for number, page in enumerate(several, start=1):
        assert f"Page {number} of {len(several)}" in page
        assert number == 1 or "Strategic IT Partnership · October 2026 · Provisional · abababababababab" in page


def test_the_document_is_tagged_and_says_that_it_is_accessible(tmp_path: Path) -> None:
    content = pdf(pack(estate.case()))
    file = tmp_path / "pack.pdf"
    file.write_bytes(content)
    said = subprocess.run(["pdfinfo", file], check=True, capture_output=True, text=True).stdout
    assert "Tagged:          yes" in said
    assert "Title:           Strategic IT Partnership: Supplier performance review, October 2026" in said
    assert b"pdfuaid:part" in content


def test_the_same_month_gives_the_same_bytes() -> None:
    assert pdf(pack(estate.case())) == pdf(pack(estate.case()))


def test_hostile_texts_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    text = extracted(pdf(pack(hostile.case())), tmp_path)
    assert "<script>document.title='taken'</script>" in text.replace("’", "'")
    assert "root:x:0:0" not in text
    assert squeezed('#raw(read("/etc/passwd")) $ x^2 $ *bold* ]') in text.replace("“", '"').replace("”", '"')
    assert text.count("W" * 400) >= 5


@pytest.mark.parametrize("made", [estate.case, hostile.case])
def test_nothing_sticks_out_of_a_page(tmp_path: Path, made: Callable[[], Case]) -> None:
    """Every word lies inside its page's margins."""
    file = tmp_path / "pack.pdf"
    file.write_bytes(pdf(pack(made())))
    boxes = subprocess.run(["pdftotext", "-bbox", file, "-"], check=True, capture_output=True, text=True).stdout
    width = 0.0
    words = 0
    for line in boxes.splitlines():
        if page := re.search(r'<page width="([\d.]+)"', line):
            width = float(page[1])
        elif word := re.search(r'xMin="(-?[\d.]+)".*xMax="([\d.]+)"', line):
            words += 1
            assert float(word[1]) >= 40, line
            assert float(word[2]) <= width - 40, line
    assert words > 500
