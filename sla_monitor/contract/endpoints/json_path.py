"""JSON paths (RFC 9535) through jsonpath-rfc9535, with regular expressions that cannot hang us.

The library's own `match()` and `search()` backtrack, over text that the supplier chooses. It is imported only where a
contract has a condition on JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sla_monitor.contract.endpoints.pattern import compile_pattern, weight

if TYPE_CHECKING:
    from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathQuery

MOST_SEGMENTS = 50
HUGE = 1e9
"""Stands for what has no bound."""

DEEPEST = 100
"""Levels of a document that a path descends into with `..`."""


class TooDeep(Exception):  # noqa: N818 - it is the document that is
    """A document that is nested too deeply to be searched."""


class JsonPath:
    """A path that can be applied to documents again and again.

    `visits`: how often it comes to each value, HUGE where that is not in proportion to the document; `text_weight`:
    the weight of its patterns on a document's text, HUGE where the document itself may say the pattern.
    """

    __slots__ = ("_query", "text_weight", "visits")

    def __init__(self, path: str) -> None:
        """Raises ValueError for what is no JSON path."""
        from jsonpath_rfc9535 import JSONPathError

        try:
            self._query = _environment().compile(path)
        except JSONPathError as error:
            raise ValueError(f"{path!r} is not a JSON path: {_why(error)} (write for example $.status)") from None
        except RecursionError:
            raise ValueError(f"{path[:40]!r}… is nested too deeply for a JSON path") from None
        if len(self._query.segments) > MOST_SEGMENTS:
            raise ValueError(f"{path[:40]!r}… has more steps than a JSON path may have here (at most {MOST_SEGMENTS})")
        is_linear = self.steps(2_000) < 3 * self.steps(1_000)
        self.visits = max(1.0, self.steps(1_000) / 1_000) if is_linear else HUGE
        self.text_weight = _text_weight(self._query, self.visits)

    def find(self, document: Any) -> Iterator[Any]:
        """The values that it finds, one by one. Raises TooDeep."""
        from jsonpath_rfc9535 import JSONPathError

        try:
            for node in self._query.finditer(document):
                yield node.value
        except (JSONPathError, RecursionError):
            raise TooDeep from None

    def steps(self, nodes: int) -> int:
        """How many steps a search of a document of so many values takes, at most; a step takes about a microsecond."""
        return _steps(self._query, nodes)


def compile_path(path: str) -> JsonPath:
    """Raises ValueError for what is no JSON path."""
    return JsonPath(path)


def _why(error: Exception) -> str:
    """The library's words, with the place counted as people do."""
    token = getattr(error, "token", None)
    words = str(error.args[0]) if error.args else "it cannot be read"
    return words if token is None else f"{words}, at character {token.position()[1] + 1}"


@cache
def _environment() -> JSONPathEnvironment:
    """The one environment; the library takes memory that only endpoints with JSON conditions need to pay."""
    from jsonpath_rfc9535 import JSONPathEnvironment
    from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction

    class Linear(FilterFunction):
        """`match()` and `search()`: the first has to match the whole of the text."""

        arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - as the library declares it
        return_type = ExpressionType.LOGICAL

        def __init__(self, form: str) -> None:
            self._form = form

        def __call__(self, value: object, pattern: object) -> bool:
            both_text = isinstance(value, str) and isinstance(pattern, str)
            return both_text and _test(self._form % pattern)(str(value))

    environment = JSONPathEnvironment()
    environment.max_recursion_depth = DEEPEST
    environment.function_extensions["match"] = Linear("^(?:%s)$")
    environment.function_extensions["search"] = Linear("%s")
    return environment


@lru_cache(maxsize=100)
def _test(pattern: str) -> Callable[[str], bool]:
    try:
        return compile_pattern(pattern)
    except ValueError:
        return lambda _: False  # RFC 9535: what is no pattern matches nothing


def _steps(query: JSONPathQuery, nodes: int) -> int:
    """A descent may come to a value by way of each of its ancestors, and a filter asks its questions of each value."""
    from jsonpath_rfc9535.segments import JSONPathRecursiveDescentSegment
    from jsonpath_rfc9535.selectors import FilterSelector, IndexSelector, NameSelector

    steps, reached, times = 1, 1, 1
    for segment in query.segments:
        if isinstance(segment, JSONPathRecursiveDescentSegment):
            times *= 1 if reached == 1 else min(nodes, DEEPEST)
            reached = nodes
            steps += reached * times
        before = reached
        for selector in segment.selectors:
            if isinstance(selector, NameSelector | IndexSelector):
                steps += before * times
                continue
            reached = nodes
            asked = _asked(selector.expression, nodes) if isinstance(selector, FilterSelector) else 0
            steps += nodes * times * (1 + asked)
        times *= len(segment.selectors)
    return steps


def _asked(expression: Any, nodes: int) -> int:
    """The steps of a filter's question to one value."""
    query = getattr(expression, "query", None)
    return 1 + (0 if query is None else _steps(query, nodes)) + sum(_asked(part, nodes) for part in _parts(expression))


def _parts(expression: Any) -> list[Any]:
    named = (getattr(expression, name, None) for name in ("expression", "left", "right"))
    return [part for part in (*named, *getattr(expression, "args", ())) if part is not None]


def _text_weight(query: JSONPathQuery, visits: float) -> float:
    functions = [part for part in _within(query) if getattr(part, "name", None) in {"match", "search"}]
    if not all(map(_asks_each_text_once, functions)):
        return HUGE
    return sum(weight(function.args[1].value) * visits for function in functions)


def _asks_each_text_once(function: Any) -> bool:
    """Whether the pattern is a literal, and the text is not one of the whole document, asked about for every value."""
    from jsonpath_rfc9535.filter_expressions import RelativeFilterQuery, StringLiteral

    text, pattern = function.args
    return isinstance(pattern, StringLiteral) and isinstance(text, RelativeFilterQuery)


def _within(query: JSONPathQuery) -> Iterator[Any]:
    """Every expression of every filter of a path."""
    selectors = (selector for segment in query.segments for selector in segment.selectors)
    todo = [selector.expression for selector in selectors if hasattr(selector, "expression")]
    while todo:
        expression = todo.pop()
        yield expression
        todo += _parts(expression)
        if hasattr(expression, "query"):
            todo += _within(expression.query)
