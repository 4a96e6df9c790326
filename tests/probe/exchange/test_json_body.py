"""JSON as suppliers send it: whatever RFC 8259 calls JSON is judged, and nothing that is sent raises."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sla_monitor.contract.endpoints.http_terms import HttpExpectations
from sla_monitor.probe.exchange.expectations import Expectations
from sla_monitor.probe.exchange.json_body import MOST_NODES, TooManyNodes, nodes_in, parse

STATUS = {"path": "$.status", "equals": "ok"}
BIG = b"9" * 100_000


def told(body: bytes, *conditions: dict[str, Any], content_type: str = "") -> str:
    """What is wrong with a body; empty: nothing."""
    expect = HttpExpectations.model_validate({"json": conditions or (STATUS,)})
    verdict = Expectations(expect).of_body(body, content_type)
    return verdict.detail if verdict else ""


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"],
)
@pytest.mark.parametrize("content_type", ["", "application/json"])
def test_json_in_every_encoding_that_an_rfc_ever_allowed(encoding: str, content_type: str) -> None:
    assert told('{"status": "ok"}'.encode(encoding), content_type=content_type) == ""
    assert told('{"status": "né"}'.encode(encoding), {"path": "$.status", "equals": "né"}) == ""


@pytest.mark.parametrize(
    ("encoding", "label"), [("latin-1", "ISO-8859-1"), ("utf-16-le", "utf-16"), ("cp1251", "cp1251")]
)
def test_json_in_a_charset_that_its_head_declares(encoding: str, label: str) -> None:
    body = '{"status": "я"}' if encoding == "cp1251" else '{"status": "é"}'
    wanted = {"path": "$.status", "equals": json.loads(body)["status"]}
    assert told(body.encode(encoding), wanted, content_type=f"application/json; charset={label}") == ""


NOT_JSON = "the body is not JSON"


@pytest.mark.parametrize(
    ("body", "condition", "words"),
    [
        pytest.param(b'{"n": 1e400}', {"path": "$.n", "at_least": 10**30}, "", id="beyond a double"),
        pytest.param(b'{"n": -1e400}', {"path": "$.n", "at_most": 0}, "", id="beyond a double below"),
        pytest.param(b'{"n": 1e400}', {"path": "$.n", "equals": 1}, "$.n is Infinity, expected 1", id="infinite"),
        pytest.param(b'{"n": %b}' % BIG, {"path": "$.n", "at_least": 5}, "", id="a hundred thousand digits"),
        pytest.param(
            b'{"n": -%b}' % BIG, {"path": "$.n", "at_least": 5}, "$.n is -Infinity, expected at least 5", id="below"
        ),
        pytest.param(
            b'{"n": %b}' % BIG[:4300], {"path": "$.n", "at_least": 5}, "", id="as many digits as Python reads"
        ),
        pytest.param(
            b'{"n": %b}' % BIG[:4300],
            {"path": "$.n", "at_most": 5},
            f"$.n is {'9' * 80}, expected at most 5",
            id="shown",
        ),
        pytest.param(b'{"n": 0.%b}' % BIG, {"path": "$.n", "at_most": 1}, "", id="digits behind the point"),
        pytest.param(b'{"n": 1e-400}', {"path": "$.n", "equals": 0}, "", id="next to nothing"),
        pytest.param(b'{"n": -0}', {"path": "$.n", "equals": 0}, "", id="minus nothing"),
        pytest.param(b'{"n": 7.0}', {"path": "$.n", "equals": 7}, "", id="a whole number with a point"),
        pytest.param(b'{"n": NaN}', STATUS, f"{NOT_JSON} (NaN is no number there)", id="NaN"),
        pytest.param(b"[-Infinity]", STATUS, f"{NOT_JSON} (-Infinity is no number there)", id="Infinity"),
        pytest.param(b'{"status": "\\ud800"}', STATUS, '$.status is "\ud800", expected "ok"', id="half a pair"),
        pytest.param(b'{"\\ud800": "x", "status": "ok"}', STATUS, "", id="half a pair as a key"),
        pytest.param(b'{"status": "\\ud83d\\ude00"}', {"path": "$.status", "equals": "\U0001f600"}, "", id="a pair"),
        pytest.param(
            b'{"status": "\\ud800ok"}',
            {"path": "$.status", "matches": "ok"},
            '$.status is "\ud800ok", expected matches ok',
            id="half a pair and a pattern",
        ),
        pytest.param(b'{"status": "down", "status": "ok"}', STATUS, "", id="equal keys: the last counts"),
        pytest.param(b'{"status": "ok", "status": 5}', STATUS, '$.status is 5, expected "ok"', id="equal keys"),
        pytest.param(b'{"status": "\xff"}', STATUS, '$.status is "\ufffd", expected "ok"', id="no UTF-8"),
        pytest.param(b'{"status": "\0"}', STATUS, NOT_JSON, id="NUL"),
        pytest.param(b"", STATUS, NOT_JSON, id="nothing"),
        pytest.param(b"  ", STATUS, NOT_JSON, id="blanks"),
        pytest.param(b"'ok'", STATUS, NOT_JSON, id="quotes of another kind"),
        pytest.param(b'{"status": "ok",}', STATUS, NOT_JSON, id="a comma too many"),
        pytest.param(b'{"status": "ok"} x', STATUS, NOT_JSON, id="more behind it"),
        pytest.param(b"01", STATUS, NOT_JSON, id="a leading zero"),
        pytest.param(b'"ok"', {"path": "$", "equals": "ok"}, "", id="a text alone"),
        pytest.param(b"\t\r\n null ", {"path": "$", "equals": None}, "", id="null with blanks"),
        pytest.param(b'{"status": {"a": [1]}}', STATUS, '$.status is a structure, expected "ok"', id="a structure"),
        pytest.param(
            b'["%b"]' % (b"x" * 500), {"path": "$[0]", "equals": "ok"}, f'$[0] is "{"x" * 79}, expected "ok"', id="long"
        ),
        pytest.param(b'{"%b": 1, "status": "ok"}' % (b"k" * 131_072), STATUS, "", id="a key of 128 kB"),
    ],
)
def test_odd_json(body: bytes, condition: dict[str, Any], words: str) -> None:
    assert told(body, condition) == words


def test_a_long_key_over_many_values_is_no_burden() -> None:
    """The library keeps no path in text: a search takes no memory for each value."""
    body = b'{"%b": [%b{}]}' % (b"k" * 131_072, b"{}," * 20_000)
    assert told(body, {"path": "$..status", "exists": False}, {"path": "$.*[*].x", "exists": False}) == ""


def test_commas_in_texts_are_no_values() -> None:
    text = ',[{\\\\\\"' * (MOST_NODES // 2)
    document = parse(f'{{"csv": "{text}", "status": "ok"}}')
    assert document["status"] == "ok"
    assert nodes_in(f'"{text}"') > MOST_NODES


def test_one_value_more_than_allowed() -> None:
    assert len(parse(f"[{','.join('1' * (MOST_NODES - 1))}]")) == MOST_NODES - 1
    with pytest.raises(TooManyNodes):
        parse(f"[{','.join('1' * MOST_NODES)}]")


@pytest.mark.parametrize("depth", [90, 900, 990, 1_010, 5_000, 50_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ("[", "")])
def test_depth_never_raises(depth: int, opening: str, closing: str) -> None:
    body = (opening * depth + ("1" if closing else "") + closing * depth).encode()
    for path in ("$.status", "$..status", "$[?@ == @]", "$[0][0][0]"):
        words = told(body, {"path": path, "exists": False})
        assert words in {"", f"{path} is there", NOT_JSON} or "nested too deeply" in words


def test_every_value_that_a_path_finds_must_fit_and_there_must_be_one() -> None:
    body = b'{"parts": [{"up": true}, {"up": true}, {}], "none": []}'
    assert told(body, {"path": "$.parts[*].up", "equals": True}) == ""
    assert told(body, {"path": "$.none[*].up", "equals": True}) == "$.none[*].up is not there"
    assert told(body.replace(b"true", b"false", 1), {"path": "$.parts[*].up", "equals": True}) == (
        "$.parts[*].up is false, expected true"
    )
    assert told(body, {"path": "$.parts[?@.up == true]", "exists": True}) == ""
