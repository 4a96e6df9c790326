"""CSV that is opened in a spreadsheet: a text that would be taken for a formula is a text there as well."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

MEDIA_TYPE = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""How a formula begins, to one spreadsheet or another."""


def csv_of_texts(columns: Sequence[str], rows: Iterable[Sequence[str]], left_out: str = "") -> str:
    """Rows in which some cells are anybody's words. `left_out`: what is not in the file, in words, as its last line."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    if left_out:
        writer.writerow([left_out])
    return target.getvalue()


def inert(text: str) -> str:
    """A cell that no spreadsheet works out: with an apostrophe before it, where it begins like a formula."""
    if text[:1].isalnum():
        return text  # as nearly all are
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(_FORMULA) else text
