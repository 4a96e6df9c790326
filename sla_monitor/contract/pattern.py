"""Regular expressions that cannot hang us: matching takes time in proportion to the text, whatever the pattern.

A supplier writes the text and Python's own `re` holds the interpreter while it backtracks, so one unlucky pattern
could stop every probe. pydantic carries Rust's regex engine, which never backtracks; look-around and back-references
are the price, and the configuration check says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pydantic_core import SchemaError, SchemaValidator, core_schema

NS_PER_WEIGHT = 20
"""Nanoseconds that a byte of text takes at most for each unit of a pattern's weight."""

_WIDE = re.compile(r"\\[dDsSwWpP]|\.|\[\^")
_WIDE_WEIGHT = 5
"""What stands for very many characters has hundreds of ranges of bytes to be looked through."""

_COUNTED = re.compile(r"(\)?)\s*\{(\d*),?(\d*)\}")


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """A test whether the pattern is found anywhere in a text. Raises ValueError, saying what is wrong."""
    try:
        validator = SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        # The last line of the engine's drawing is the reason in words.
        raise ValueError(str(error).rsplit("\n", 1)[-1].removeprefix("error: ").strip()) from None
    return validator.isinstance_python


def weight(pattern: str) -> int:
    """How much the engine may have to keep up with at each byte, at most.

    Time is in proportion to the text and to the pattern, with counted repeats written out: `a.{200}b.{200}[cd]` takes
    2 s a MiB where the text is made for it, and a counted `\\w` ten times as much.
    """
    states, factor = len(pattern) + _WIDE_WEIGHT * len(_WIDE.findall(pattern)), 1
    for group, least, most in _COUNTED.findall(pattern):
        count = max(int(least[:9] or 1), int(most[:9] or 1), 1)
        if group:  # what it repeats may itself hold counted repeats
            factor *= count
        else:
            states += _WIDE_WEIGHT * count
    return states * factor
