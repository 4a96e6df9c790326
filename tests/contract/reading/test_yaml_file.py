"""YAML as people expect it, whatever bytes come."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.reading.nodes import FilePlace, Mapping, plain
from sla_monitor.contract.reading.yaml_file import DEPTH_LIMIT, SIZE_LIMIT, parse_document, read_document


def spelled(text: str) -> Any:
    document = parse_document(text.encode(), "f")
    assert document.problems == []
    return plain(document.root)


def wrong(content: bytes) -> list[str]:
    return [str(problem) for problem in parse_document(content, "f").problems]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("08:30", "08:30"),
        ("18:30", "18:30"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("2026-04-01", "2026-04-01"),
        ("1_000", "1_000"),
        ("<<", "<<"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("-5", -5),
        ("99.9", Decimal("99.9")),
        ("1e3", Decimal(1000)),
        (".5", Decimal("0.5")),
        ("'5'", "5"),
        ('"true"', "true"),
        ("! x", "x"),
    ],
)
def test_a_value_means_what_yaml_1_2_says(text: str, value: Any) -> None:
    found = spelled(f"key: {text}")["key"]
    assert (found, type(found)) == (value, type(value))


def test_a_decimal_is_exact() -> None:
    assert spelled("0.1000000000000000055511151231") == Decimal("0.1000000000000000055511151231")


def test_every_value_and_key_has_its_place() -> None:
    root = parse_document(b"a:\n  - b: 1\n", "f").root
    assert isinstance(root, Mapping)
    assert root.keys["a"] == FilePlace(1, 1)
    assert root.entries["a"].place == FilePlace(2, 3)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a: 1\nb: {c: 2, c: 3}", "f:2:11: b.c: is given twice, first on line 2 (keep one)"),
        (b"a: !!int 5", "f:1:4: yaml: tags are refused (quote a value that begins with '!')"),
        (b"!!python/object:os.system {}", "f:1:1: yaml: tags are refused (quote a value that begins with '!')"),
        (b"a: *b", "f:1:4: yaml: an alias of nothing before it (quote a value that begins with '*')"),
        (b"a: &a [*a]", "f:1:8: yaml: an alias of nothing before it (quote a value that begins with '*')"),
        (b"? [a]\n: 1", "f:1:3: yaml: a key must be a plain word (key: value)"),
        (b"&a b: 1", "f:1:1: yaml: a key may have no tag and no anchor"),
        (b"a: .inf", "f:1:4: yaml: is not a finite number (quote it if it is text)"),
        (b"a: 1e99", "f:1:4: yaml: has more than 30 digits (quote it if it is text)"),
        (b"a: " + b"9" * 5000, "f:1:4: yaml: has more than 30 digits (quote it if it is text)"),
        (b"a: 1\n---\nb: 1", "f:2:1: yaml: a second document begins (one contract a file)"),
        (b"a: x\nb: \xff", "f:2:4: yaml: is not UTF-8 text (save the file as UTF-8)"),
        (b"a: x\nb: \x00", "f:2:4: yaml: control character U+0000 (remove it)"),
        (
            b"a:\n\tb: 1",
            (
                "f:2:1: yaml: found character that cannot start any token"
                " (indent with spaces, and quote a value that begins with @ ` or %)"
            ),
        ),
        (
            b"a: b: c",
            (
                "f:1:5: yaml: mapping values are not allowed in this context"
                " (quote a value that holds ': ', or check the indentation)"
            ),
        ),
        (b"a: 'b", "f:1:6: yaml: found unexpected end of stream (close the quotes)"),
        (b"[" * 100_000, f"f:1:42: yaml: is nested more than {DEPTH_LIMIT} deep (flatten it)"),
        (b"a" * (SIZE_LIMIT + 1), "f:1:1: yaml: is larger than 8 MiB (split it: one contract a file)"),
    ],
)
def test_a_bad_file_is_told_in_one_line(content: bytes, expected: str) -> None:
    assert wrong(content) == [expected]


def test_aliases_cannot_explode() -> None:
    lines = [b"a0: &a0 [x, x]"] + [
        b"a%d: &a%d [%s]" % (i, i, b", ".join([b"*a%d" % (i - 1)] * 9)) for i in range(1, 12)
    ]
    (line,) = wrong(b"\n".join(lines))
    assert "more than 400,000 values" in line


def test_aliases_cannot_nest_without_end() -> None:
    lines = [b"a0: &a0 [x]"] + [b"a%d: &a%d [[[[*a%d]]]]" % (i, i, i - 1) for i in range(1, 200)]
    (line,) = wrong(b"\n".join(lines))
    assert f"more than {DEPTH_LIMIT} deep" in line


def test_aliases_are_counted() -> None:
    (line,) = wrong(b"a: &a 1\nb: [" + b"*a, " * 1001 + b"]")
    assert "more than 1,000 aliases" in line


def test_an_alias_is_the_value_it_names() -> None:
    assert spelled("a: &a {x: [1]}\nb: *a") == {"a": {"x": [1]}, "b": {"x": [1]}}


def test_a_byte_order_mark_is_no_part_of_the_file() -> None:
    assert plain(parse_document(b"\xef\xbb\xbfa: 1", "f").root) == {"a": 1}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("missing.yaml", "No such file or directory"),
        (".", "it is a folder, a pipe or a device"),
        ("pipe", "it is a folder, a pipe or a device"),
        ("a\0b", "null byte"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path, name: str, why: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (problem,) = read_document(tmp_path / name).problems
    assert problem.message.startswith("cannot be read: ")
    assert why in problem.message


YAML_LIKE = st.text(alphabet="ab:-[]{}\"'&*!|>%@# \n\t,?~0.1e<", max_size=60)


@given(YAML_LIKE | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_any_text_is_a_document_or_a_problem(text: str) -> None:
    document = parse_document(text.encode(), "f")
    assert all(str(problem).startswith("f:") and "\n" not in str(problem) for problem in document.problems)
    plain(document.root)


# Line separators and control characters: JSON escapes pairs of surrogates, YAML does not.
WORDS = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(' \n\t\\"'), max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_json_spells_is_read_back(value: Any) -> None:
    """JSON is YAML 1.2, and the standard library writes it."""
    assert spelled(json.dumps(value, ensure_ascii=False)) == value
