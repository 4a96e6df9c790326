"""Regular expressions that cannot hang us: matching takes time in proportion to the text, whatever the pattern.

A supplier writes the text and Python's own `re` holds the interpreter while it backtracks, so one unlucky pattern
could stop every look. pydantic carries Rust's regex engine, which never backtracks; look-around and
back-references are the price, and the configuration check says so.
"""

from __future__ import annotations

from collections.abc import Callable

from pydantic_core import SchemaError, SchemaValidator, core_schema


def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """A test whether the pattern is found anywhere in a text. Raises ValueError, saying what is wrong."""
    try:
        validator = SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        # The last line of the engine's drawing is the reason in words.
        raise ValueError(str(error).rsplit("\n", 1)[-1].removeprefix("error: ").strip()) from None
    return validator.isinstance_python
