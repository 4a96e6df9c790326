"""Text that others wrote, made harmless for the eye, and the small joinery of sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

KEPT_MARKS = 2
"""Combining marks kept on one letter: enough for every living language, too few to climb out of a line."""

_MARKS = frozenset({"Mn", "Me"})
_LONG = re.compile(r"\S{19,}")
_PART = re.compile(r"[^\s\-/._,:;@=&?]*[\-/._,:;@=&?]+|[^\s\-/._,:;@=&?]+")
_PIECE = re.compile(r"\S{1,6}")


def plain(text: str) -> str:
    """A text that shows as what it is: controls, bidirectional overrides and invisible characters as U+FFFD, line
    breaks as spaces."""
    if text.isascii() and text.isprintable():
        return text
    if text.isprintable() and not any(unicodedata.category(one) in _MARKS for one in set(text) if not one.isascii()):
        return " ".join(text.split())
    kept, marks = [], 0
    for character in " ".join(text.split()):
        marks = marks + 1 if unicodedata.category(character) in _MARKS else 0
        if marks <= KEPT_MARKS:
            kept.append(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}")
    return "".join(kept)


def plain_lines(text: str) -> str:
    """The same of a text of several lines, which stay."""
    return "\n".join(plain(line) for line in text.splitlines())


def describe_left_out(most: int, remedy: str) -> str:
    """What is said where a file or a list has the newest so many alone. `remedy`: how to come by the others."""
    return f"Older ones are left out: these are the newest {most:,} ({remedy})"


def abridged(text: str, most: int) -> str:
    """At most so many characters, and a sign that there are more."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def breakable(text: str) -> list[str]:
    """A text cut where a line may break inside words that are too long for a narrow column: behind a sign such as a
    hyphen or a slash, and anywhere only in what is longer than a word and has none."""
    cut, end = list[str](), 0
    for word in _LONG.finditer(text):
        parts = _PART.findall(word[0])
        pieces = [_PIECE.findall(part) if _LONG.match(part) else [part] for part in parts]
        cut += [text[end : word.start()], *(piece for several in pieces for piece in several)]
        end = word.end()
    return [piece for piece in (*cut, text[end:]) if piece]


def format_list(names: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


MOST_NAMES = 6


def shortened(names: Sequence[str]) -> str:
    """`a, b and c`; of many, the first and how many more: a booking may be for a thousand services."""
    more = len(names) - MOST_NAMES
    return format_list([*names[:MOST_NAMES], f"{more:,} more"] if more > 1 else names)
