"""Text for a terminal: it fits the width, and nothing in it moves a cursor."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from textwrap import fill

import click
from tabulate import tabulate

_ASCII = str.maketrans(
    {
        "×": "x",
        "−": "-",
        "–": "-",
        "…": "...",
        "⌈": "ceil(",
        "⌉": ")",
        "£": "GBP ",
        "€": "EUR ",
        "≥": ">=",
        "≤": "<=",
        "’": "'",
    }
)

NONE = "-"
"""In place of something that there is not."""

Row = Mapping[str, str]

PAPER = 80
"""Columns of sentences that go to a file."""


def give_way() -> None:
    """Leave the processor to everything else."""
    with suppress(OSError):  # the unit's filter of system calls may refuse it
        os.nice(19)


def plain(text: str) -> str:
    """Text from anywhere: what is not printable (control characters, the marks that turn writing round) escaped."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def lines_of(text: str) -> str:
    """Our own lines; in ASCII alone where they go to no terminal."""
    return text if sys.stdout.isatty() else text.translate(_ASCII).encode("ascii", "backslashreplace").decode()


def width() -> int | None:
    """Columns of the terminal; None where there is none, and lines may be as long as they like."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrapped(text: str, columns: int | None, indent: str = "") -> str:
    """A line as several that fit (80 columns where there is no terminal); those that go on begin as it does, and with
    `indent` more. Nothing is cut: a word that is wider than the terminal stands alone."""
    text = text if columns else text.translate(_ASCII)
    begins = text[: len(text) - len(text.lstrip())]
    return fill(
        text,
        columns or PAPER,
        subsequent_indent=begins + indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(rows: Sequence[Row], dispensable: Sequence[str] = (), columns: int | None = None) -> str:
    """Rows with the same keys as a table, in which every cell is plain.

    Where it is wider than the terminal the dispensable columns go, the first of them first; where that is not enough,
    each row is written as a few lines.
    """
    headers = list(rows[0]) if rows else []
    if columns is None:  # what goes to a file is spelled out first: a pound sign takes four columns there
        rows = [{header: text.translate(_ASCII) for header, text in row.items()} for row in rows]
    for gone in range(len(dispensable) + 1):
        kept = [header for header in headers if header not in dispensable[:gone]]
        text = _drawn(rows, kept)
        if columns is None or _widest(text) <= columns:
            left_out = ", ".join(name for name in dispensable[:gone] if name in headers)
            return f"{text}\n(left out, no room: {left_out})" if left_out else text
    return "\n".join(_stacked(row, columns or 0) for row in rows)


def _drawn(rows: Sequence[Row], headers: Sequence[str]) -> str:
    cells = [[plain(row[header]) for header in headers] for row in rows]
    return tabulate(cells, headers, disable_numparse=True)


def _widest(text: str) -> int:
    return max(map(len, text.splitlines()), default=0)


def _stacked(row: Row, columns: int) -> str:
    """A row as `key: value` pairs, as many to a line as there is room for."""
    lines = [""]
    for key, value in row.items():
        pair = f"{key}: {plain(value)}" if value else ""
        if pair and lines[-1] and len(lines[-1]) + len(pair) + 2 > columns:
            lines.append("  " + pair)
        elif pair:
            lines[-1] += ("  " if lines[-1] else "") + pair
    return "\n".join(lines)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error, where that is a terminal; nothing anywhere else."""
    with click.progressbar(length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        yield progress
