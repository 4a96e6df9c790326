"""The printed pages as a reader sees them: nothing over anything else, no word torn apart, no page nearly empty."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from sla_monitor.review.blocks import Pack
from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.pack_input import PackInput
from tests.review import estate
from tests.review.rendering.test_pdf import facts

DOTS = 20
"""Per inch: enough to see where ink is."""
MARGIN = 0.07
"""The part of a page's height over and under its text, where header and footer are."""
PDFS = pytest.mark.parametrize(("made", "case"), [("plain_pdf", estate.case), ("large_pdf", estate.large)])


@dataclass(frozen=True, slots=True)
class Word:
    text: str
    left: float
    top: float
    right: float
    bottom: float

    def covers(self, other: Word) -> bool:
        """Whether more than the rims of two words share a place."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 1 and down > 0.45 * min(self.bottom - self.top, other.bottom - other.top)


def pages(file: Path) -> list[list[Word]]:
    boxes = subprocess.run(["pdftotext", "-bbox", file, "-"], check=True, capture_output=True, text=True).stdout
    found: list[list[Word]] = []
    for line in boxes.splitlines():
        if "<page " in line:
            found.append([])
        elif word := re.search(r'xMin="(.+)" yMin="(.+)" xMax="(.+)" yMax="(.+)">(.*)</word>', line):
            found[-1].append(Word(word[5], *map(float, word.groups()[:4])))
    return found


def filled(file: Path) -> list[float]:
    """How far down each page there is ink, as a part of what can be printed on."""
    images = subprocess.run(["pdftoppm", "-r", str(DOTS), "-gray", file], check=True, capture_output=True).stdout
    return [_filled(*image) for image in _images(images)]


def _images(several: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Width, height and dots of one PGM file behind the other."""
    begin = 0
    while begin < len(several):
        head = re.compile(rb"P5\s(\d+) (\d+)\s255\s").match(several, begin)
        assert head is not None
        width, height = int(head[1]), int(head[2])
        begin = head.end() + width * height
        yield width, height, several[head.end() : begin]


def _filled(width: int, height: int, dots: bytes) -> float:
    first, last = round(height * MARGIN), round(height * (1 - MARGIN))
    inked = [row for row in range(first, last) if min(dots[row * width : (row + 1) * width]) < 230]
    return (max(inked, default=first) - first) / (last - first)


def titles(made: Pack) -> set[str]:
    return {section.title for section in made.sections}


@PDFS
def test_no_text_is_printed_over_another(
    request: pytest.FixtureRequest, made: str, case: Callable[[], PackInput]
) -> None:
    for number, words in enumerate(pages(request.getfixturevalue(made)), start=1):
        rows = sorted(words, key=lambda word: word.top)
        for position, word in enumerate(rows):
            for other in rows[position + 1 :]:
                if other.top > word.bottom:
                    break
                assert not word.covers(other), (number, word, other)


@PDFS
def test_no_page_is_nearly_empty_but_the_last_of_a_part(
    request: pytest.FixtureRequest, made: str, case: Callable[[], PackInput]
) -> None:
    file, parts = request.getfixturevalue(made), titles(pack(case()))
    beginnings = [" ".join(word.text for word in words if 50 < word.top < 85) for words in pages(file)]
    several = list(zip(beginnings, filled(file), strict=True))
    assert len(several) > 8
    for (_, part_filled), (following, _) in pairwise(several):
        is_last = any(following.startswith(title) for title in parts)
        assert is_last or part_filled > 0.25, following


@PDFS
def test_no_word_is_torn_apart(request: pytest.FixtureRequest, made: str, case: Callable[[], PackInput]) -> None:
    """Words of the pack are words on paper, unless they are longer than any word, or have a hyphen of their own."""
    printed = {re.sub(r"&\w+;", "", word.text) for words in pages(request.getfixturevalue(made)) for word in words}
    whole = pack(case())
    texts = [cell.text for table in whole.tables for row in table.rows for cell in row]
    texts += [column.title for table in whole.tables for column in table.columns if table.rows]
    texts += [text for pair in facts(whole) for text in pair]
    words = {word for text in texts for word in text.split() if re.fullmatch(r"\w[\w.,£%]{0,17}", word)}
    assert len(words) > 100
    assert words - printed == set()


@PDFS
def test_the_first_page_is_one_page_and_the_contents_are_on_the_next(
    request: pytest.FixtureRequest, made: str, case: Callable[[], PackInput]
) -> None:
    first, second = ([word.text for word in words] for words in pages(request.getfixturevalue(made))[:2])
    assert "Key:" in first
    assert "Provisional." in first
    assert "Contents" in second
    assert "Contents" not in first
