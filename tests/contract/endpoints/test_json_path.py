"""JSON paths: what a search takes at most is known beforehand, and the engine behind them is the linear one."""

from __future__ import annotations

import sys
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla_monitor.contract.endpoints.json_path import DEEPEST, HUGE, TooDeep, compile_path
from sla_monitor.contract.endpoints.pattern import compile_pattern, weight

LINEAR = """
    $ $.a $.a.b $..a $..* $[*] $[0] $[1:] $[::-1] $[0,1] $['a','b'] $[*].b $..[0] $..[?@.a] $[?@.a==1] $[?@=='ok']
    $[?@.a<1&&@.b>2||!@.c] $[?length(@)>1] $..[?@.a==$.b] $[?@.a].a $[*,*,*] $..['a','b','c'] $..[*,*]
    $[?match(@,'o.*')] $[?search(@.a,'o')] $..[*][*][*] $[?@==$] $..[?@==$[0]]
"""
TIMES_THE_DEPTH = "$..*..* $..a..a"
NOT_LINEAR = "$[?count(@.*)>1] $[?value(@..a)==1] $[?count($..*)>1] $[?@[?@.a]] $..[?@..a]"
PATHS = [*LINEAR.split(), *TIMES_THE_DEPTH.split(), *NOT_LINEAR.split()]

DOCUMENTS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([1, 0, "ok", "", None, True]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=60,
)


def nodes(document: Any) -> int:
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    return 1 + sum(map(nodes, inner))


def calls(path: str, document: Any) -> int:
    """How many functions of the library are entered, or entered again, in a search."""
    count = 0

    def note(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event == "call" and "jsonpath_rfc9535" in frame.f_code.co_filename

    found = compile_path(path).find(document)
    sys.setprofile(note)
    try:
        for _ in found:
            pass
    except TooDeep:
        pass
    finally:
        sys.setprofile(None)
    return count


@given(st.sampled_from(PATHS), DOCUMENTS)
@settings(max_examples=300, deadline=None)
def test_a_search_takes_no_more_steps_than_was_said(path: str, document: Any) -> None:
    """A step is a handful of the library's functions."""
    assert calls(path, document) <= 12 * compile_path(path).steps(nodes(document)) + 40


def comb() -> Any:
    """A document in which every level has many values: the worst for descents."""
    document: Any = {}
    for _ in range(40):
        document = {"a": document, "b": [0] * 10}
    return document


@pytest.mark.parametrize("path", PATHS)
def test_not_even_in_the_worst_document(path: str) -> None:
    document = comb()
    depth = 40  # each of its levels is entered anew for each value that is handed up through it
    assert calls(path, document) <= (12 + depth) * compile_path(path).steps(nodes(document))


@pytest.mark.parametrize("path", LINEAR.split())
def test_what_is_in_proportion_to_the_document(path: str) -> None:
    steps = [compile_path(path).steps(count) for count in (1_000, 2_000, 4_000)]
    assert all(later <= 2 * earlier for earlier, later in pairwise(steps))
    assert compile_path(path).visits < 20


@pytest.mark.parametrize("path", NOT_LINEAR.split())
def test_what_is_not(path: str) -> None:
    assert compile_path(path).visits == HUGE


@pytest.mark.parametrize("path", TIMES_THE_DEPTH.split())
def test_a_value_is_come_to_by_way_of_each_of_its_ancestors(path: str) -> None:
    assert 2 * DEEPEST < compile_path(path).visits < 3 * DEEPEST


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$.a", 0),
        ("$[?match(@, 'ab{30}')]", (6 + 5 * 30) * 6.0),
        ("$[?match(@, @.b)]", HUGE),
        ("$[?search($.a, 'x')]", HUGE),
        ("$[?search('x', 'x')]", HUGE),
        ("$..*..[?search(@, 'x')]", 7 * DEEPEST),
    ],
)
def test_the_weight_of_a_path_s_patterns(path: str, expected: float) -> None:
    assert compile_path(path).text_weight == pytest.approx(expected, rel=0.2)


def test_descents_end_at_a_depth() -> None:
    document: Any = 1
    for _ in range(DEEPEST):
        document = [document]
    assert list(compile_path("$..[?@==1]").find(document)) == [1]
    with pytest.raises(TooDeep):
        list(compile_path("$..[?@==1]").find([document]))


def test_values_are_found_one_by_one() -> None:
    """The first wrong one ends the search."""
    found = compile_path("$..a").find({"a": 1, "b": [{"a": 2}], "c": [[[[]]]] * DEEPEST})
    assert (next(found), next(found)) == (1, 2)


@pytest.mark.parametrize(
    ("pattern", "least"),
    [
        ("abc", 3),
        (r"a{5}", 6),
        (r"(ab){50}", 50),
        (r"((a{10}){10}b){10}", 1_000),
        (r"a{2,300}", 300),
        (r"a{7,}", 7),
        (r"(a ) {9}", 9),
    ],
)
def test_counted_repeats_weigh_as_if_written_out(pattern: str, least: int) -> None:
    assert compile_pattern(pattern)("") in {True, False}
    assert least <= weight(pattern) <= least * 30


def test_a_pattern_with_absurd_counts_has_a_weight_too() -> None:
    assert weight("a{99999999999999999999}") > 1_000_000
    assert weight("a{}") < 10
