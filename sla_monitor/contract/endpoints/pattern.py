"""Regular expressions that cannot hang us: matching takes time in proportion to the text, whatever the pattern.

A supplier writes the text and Python's own `re` holds the interpreter while it backtracks, so one unlucky pattern
could stop every probe. pydantic carries Rust's regex engine, which never backtracks; look-around and back-references
are the price, and the configuration check says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

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


@lru_cache(maxsize=1_000)
def compile_group(pattern: str) -> Callable[[bytes], bytes | None]:
    """What the one group of a pattern holds where it is first found in a text (UTF-8); None: it is not found.

    By RE2, which is linear too and, unlike the engine above, says where a group was. It is imported only where a
    contract captures by a pattern. Raises ValueError, saying what is wrong.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        why = error.args[0]
        raise ValueError(why.decode(errors="replace") if isinstance(why, bytes) else str(why)) from None
    if compiled.groups != 1:
        raise ValueError(f"it has {compiled.groups} groups, and one is to be captured; others are (?:...)")

    def take(text: bytes) -> bytes | None:
        found = compiled.search(text)
        return None if found is None else found.group(1)

    return take
