"""JSON paths (RFC 9535) through python-jsonpath, with regular expressions that cannot hang us.

The library's own `match()` and `search()` backtrack, over text that the supplier chooses. It is imported only where a
contract has a condition on JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from sla_monitor.contract.pattern import compile_pattern

if TYPE_CHECKING:
    from jsonpath import JSONPathEnvironment

Find = Callable[[Any], list[Any]]


def compile_path(path: str) -> Find:
    """All values that a path finds in a document; ValueError there means that the document is nested too deeply.

    Raises ValueError for what is no JSON path.
    """
    from jsonpath import JSONPathError

    try:
        find = _environment().compile(path).findall
    except (JSONPathError, ValueError, RecursionError) as error:
        # The library draws where it stopped, on lines of their own; the first says why.
        why = str(error).partition("\n")[0]
        raise ValueError(f"{path!r} is not a JSON path: {why} (write for example $.status)") from None

    def found(document: Any) -> list[Any]:
        try:
            return find(document)
        except (JSONPathError, RecursionError):
            raise ValueError("the JSON is nested too deeply") from None

    return found


@cache
def _environment() -> JSONPathEnvironment:
    """The one environment; the library takes memory that only endpoints with JSON conditions need to pay."""
    from jsonpath import JSONPathEnvironment
    from jsonpath.function_extensions import ExpressionType, FilterFunction

    class Linear(FilterFunction):
        """`match()` and `search()`: the first has to match the whole of the text."""

        arg_types: ClassVar = [ExpressionType.VALUE, ExpressionType.VALUE]
        return_type = ExpressionType.LOGICAL

        def __init__(self, form: str) -> None:
            self._form = form

        def __call__(self, value: object, pattern: object) -> bool:
            both_text = isinstance(value, str) and isinstance(pattern, str)
            return both_text and _test(self._form % pattern)(str(value))

    environment = JSONPathEnvironment(strict=True)
    environment.function_extensions["match"] = Linear("^(?:%s)$")
    environment.function_extensions["search"] = Linear("%s")
    return environment


@lru_cache(maxsize=1_000)
def _test(pattern: str) -> Callable[[str], bool]:
    try:
        return compile_pattern(pattern)
    except ValueError:
        return lambda _: False  # RFC 9535: what is no pattern matches nothing
