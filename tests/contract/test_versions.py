"""Terms that change on a date: against a slow oracle on plain values, and the rules of writing them."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_monitor.contract.reading.nodes import plain
from sla_monitor.contract.reading.yaml_file import parse_document
from sla_monitor.contract.versions import resolve
from tests.contract.support import HEAD, SERVICES, loaded, problems

FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(8)]


def on(day: date) -> int:
    """Midnight in London, in January: UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)


# The oracle. It goes day by day through the whole history and changes plain values in place.


def oracle(value: Any, until: date) -> Any:
    value = deepcopy(value)
    for day in DAYS:
        if day <= until:
            change(value, day)
    return trimmed(value, until)


def change(value: Any, day: date) -> None:
    if isinstance(value, list):
        for item in value:
            change(item, day)
    elif isinstance(value, dict):
        for version in value.get("versions", []):
            if version["from"] == str(day):
                put(value, {key: new for key, new in version.items() if key != "from"})
        for key, inner in value.items():
            if key != "versions":
                change(inner, day)


def put(value: dict[str, Any], new: dict[str, Any]) -> None:
    for key, inner in new.items():
        if isinstance(inner, dict) and isinstance(value.get(key), dict):
            put(value[key], inner)
        else:
            value[key] = deepcopy(inner)


def trimmed(value: Any, day: date) -> Any:
    if isinstance(value, list):
        there = [
            item
            for item in value
            if not isinstance(item, dict) or (item.get("from", "0") <= str(day) and str(day) < item.get("until", "9"))
        ]
        bare = [
            {k: v for k, v in item.items() if k not in {"from", "until"}} if isinstance(item, dict) else item
            for item in there
        ]
        return [trimmed(item, day) for item in bare]
    if isinstance(value, dict):
        return {key: trimmed(inner, day) for key, inner in value.items() if key != "versions"}
    return value


KEYS = st.sampled_from(["a", "b", "c"])
DATES = st.sampled_from([str(day) for day in DAYS])
SCALARS = st.integers(0, 9) | st.sampled_from(["x", "y"])


def bare_mappings(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(KEYS, inner, max_size=3)


BARE = st.recursive(SCALARS, lambda inner: bare_mappings(inner) | st.lists(inner, max_size=2), max_leaves=4)


@st.composite
def versioned(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    value = draw(bare_mappings(inner))
    dates = sorted(draw(st.sets(DATES, max_size=3)))
    if dates:
        value["versions"] = [{"from": day, **draw(bare_mappings(BARE))} for day in dates]
    return value


@st.composite
def item(draw: st.DrawFn, inner: st.SearchStrategy[Any]) -> dict[str, Any]:
    words = draw(st.fixed_dictionaries({}, optional={"from": DATES, "until": DATES}))
    return {**draw(versioned(inner)), **words}


NESTED = st.recursive(
    SCALARS, lambda inner: versioned(inner) | st.lists(item(inner) | SCALARS, max_size=3), max_leaves=10
)


@given(versioned(NESTED), st.sampled_from(DAYS))
def test_a_file_resolves_as_the_oracle_says(value: dict[str, Any], day: date) -> None:
    root = parse_document(json.dumps(value).encode(), "f").root
    assert plain(resolve(root, day)) == oracle(value, day)


def test_each_date_makes_a_version_that_begins_at_midnight_in_the_zone(tmp_path: Path) -> None:
    text = SERVICES + "kpis:\n  - {id: K, service: custody, target: 99, versions: [{from: 2026-07-01, target: 99.5}]}"
    contract = loaded(tmp_path, text)
    assert [v.from_ms for v in contract.versions] == [
        int(datetime(2025, 3, 31, 23, tzinfo=UTC).timestamp() * 1000),
        int(datetime(2026, 6, 30, 23, tzinfo=UTC).timestamp() * 1000),
    ]
    assert [str(v.terms.availability_kpis[0].target) for v in contract.versions] == ["99", "99.5"]


@pytest.mark.parametrize(
    "text",
    [
        "versions: [{from: 2025-03-31, title: New}]",
        "versions: [{from: 2020-01-01, title: New}, {from: 2026-01-01, title: Newer}]",
        "accounting: {confirmation: 1, versions: [{from: 2025-03-31, confirmation: 3}]}",
    ],
)
def test_a_version_before_the_term_is_refused(tmp_path: Path, text: str) -> None:
    """It would never be in force by itself."""
    (line,) = problems(tmp_path, SERVICES + text)
    told = (
        "versions.0.from: is before the term, which begins on 2025-04-01 (write the terms themselves, or a later date)"
    )
    assert line.endswith(told)


def test_a_change_on_the_first_day_is_part_of_the_first_version(tmp_path: Path) -> None:
    contract = loaded(tmp_path, SERVICES + "title: Old\nversions: [{from: 2025-04-01, title: New}]")
    assert [version.terms.title for version in contract.versions] == ["New"]


def test_the_change_notices_of_one_date_are_named_together(tmp_path: Path) -> None:
    text = (
        SERVICES
        + "participants: [{id: p, from: 2026-01-01, ref: CCN-2}]\n"
        + "versions: [{from: 2026-01-01, ref: CCN-1, title: New}, {from: 2027-01-01, title: Newer}]"
    )
    assert [version.reference for version in loaded(tmp_path, text).versions] == ["", "CCN-1, CCN-2", ""]


def test_an_item_is_there_from_its_first_day_until_the_first_day_without_it(tmp_path: Path) -> None:
    text = SERVICES + "      - {id: new, kind: tcp, host: h, port: 2, from: 2026-01-01, until: 2026-02-01}\n"
    contract = loaded(tmp_path, text)
    at = [on(date(2025, 12, 31)), on(date(2026, 1, 1)), on(date(2026, 2, 1)) - 1, on(date(2026, 2, 1))]
    assert [len(list(contract.endpoints_at(moment))) for moment in at] == [1, 2, 2, 1]


def test_two_items_may_follow_one_another_under_one_id(tmp_path: Path) -> None:
    text = SERVICES.replace("port: 1", "port: 1, until: 2026-01-01") + (
        "      - {id: health, kind: tcp, host: h, port: 2, from: 2026-01-01}\n"
    )
    contract = loaded(tmp_path, text)
    assert [v.terms.services[0].endpoints[0].port for v in contract.versions] == [1, 2]  # type: ignore[union-attr]


def test_where_two_levels_change_the_same_key_the_later_date_wins(tmp_path: Path) -> None:
    text = SERVICES + (
        "accounting: {confirmation: 1, versions: [{from: 2027-01-01, confirmation: 3}]}\n"
        "versions:\n  - {from: 2026-01-01, accounting: {confirmation: 2}}\n"
        "  - {from: 2028-01-01, accounting: {confirmation: 4}}"
    )
    counts = [version.terms.accounting.confirmation_failures for version in loaded(tmp_path, text).versions]
    assert counts == [1, 2, 3, 4]


V = "c.yaml:11:"
RULES = [
    (
        "versions: {from: 2026-01-01}",
        [(f"{V}11: versions: must be a list (write - from: 2026-04-01 and below it what changes)")],
    ),
    ("versions: [CCN-1]", [f"{V}12: versions.0: must be a mapping (write from: 2026-04-01 and below it what changes)"]),
    ("versions: [{title: New}]", [f"{V}12: versions.0.from: is missing (write for example from: 2026-04-01)"]),
    ("versions: [{from: 2026-01-01}]", [f"{V}12: versions.0: changes nothing (write below it the keys that change)"]),
    ("versions: [{from: soon, title: T}]", [f"{V}19: versions.0.from: must be a date (write for example 2026-04-01)"]),
    (
        "versions: [{from: 2026-01-01, ref: 5, title: T}]",
        [(f"{V}36: versions.0.ref: must be text (write for example CCN-12)")],
    ),
    (
        "versions: [{from: 2026-01-01, until: 2027-01-01, title: T}]",
        [f"{V}38: versions.0.until: is not for versions (leave it out: the next version ends this one)"],
    ),
    (
        "versions: [{from: 2026-01-01, title: T}, {from: 2026-01-01, title: U}]",
        [
            (
                f"{V}49: versions.1.from: must be later than the version before, 2026-01-01"
                " (put the oldest first, one version a date)"
            )
        ],
    ),
    (
        "versions: [{from: 2026-01-01, accounting: {versions: []}}]",
        [
            (
                f"{V}54: versions.0.accounting.versions: cannot stand inside a version"
                " (give each date its own line in one list)"
            )
        ],
    ),
    (
        "participants: [{id: p, from: 2026-01-01, until: 2026-01-01}]",
        [f"{V}49: participants.p.until: must be later than from (write the first day without it)"],
    ),
    (
        "versions: [{from: 2026-01-01, titel: T}]",
        [f"{V}31: titel: unknown key (did you mean title?) [from 2026-01-01]"],
    ),
    (
        "versions: [{from: 2026-01-01, currency: EUR, id: other, term: {start: 2025-05-01}}]",
        [
            f"{V}41: currency: cannot change by version (make it a contract of its own)",
            f"{V}50: id: cannot change by version (make it a contract of its own)",
            f"{V}71: term.start: cannot change by version (make it a contract of its own)",
        ],
    ),
    (
        "versions: [{from: 2026-01-01, supplier: Other, authority: Else, time_zone: UTC}]",
        [
            f"{V}41: supplier: cannot change by version (make it a contract of its own)",
            f"{V}59: authority: cannot change by version (make it a contract of its own)",
            f"{V}76: time_zone: cannot change by version (make it a contract of its own)",
        ],
    ),
    (
        "versions: [{from: 2026-01-01, accounting: {quarters: calendar}}]",
        [f"{V}54: accounting.quarters: cannot change by version (make it a contract of its own)"],
    ),
    ("kpis: [{id: K, service: gone, target: 9}]", [f"{V}25: kpis.K.service: no such service (known here: custody)"]),
]


@pytest.mark.parametrize(("text", "expected"), RULES)
def test_a_mistake_in_versions_has_its_line(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems(tmp_path, HEAD + SERVICES + text) == expected


def test_a_mistake_in_a_later_version_stands_where_the_later_value_is(tmp_path: Path) -> None:
    text = SERVICES + (
        "kpis:\n  - id: K\n    service: custody\n    target: 99\n    versions:\n"
        "      - {from: 2026-01-01, target: 101}\n"
    )
    expected = "c.yaml:16:36: kpis.K.target: must be at most 100 [from 2026-01-01]"
    assert problems(tmp_path, HEAD + text) == [expected]


def test_what_the_end_of_one_item_breaks_is_told(tmp_path: Path) -> None:
    text = SERVICES + "  - {id: gone, until: 2027-01-01}\nkpis: [{id: K, service: gone, target: 99}]"
    expected = "c.yaml:12:25: kpis.K.service: no such service (known here: custody) [from 2027-01-01]"
    assert problems(tmp_path, HEAD + text) == [expected]


def test_the_same_mistake_is_told_once_however_many_versions_there_are(tmp_path: Path) -> None:
    text = SERVICES + "kpi: []\nversions: [{from: 2026-01-01, title: T}, {from: 2027-01-01, title: U}]"
    assert problems(tmp_path, HEAD + text) == ["c.yaml:11:1: kpi: unknown key (did you mean kpis?)"]


def test_a_contract_cannot_change_without_end(tmp_path: Path) -> None:
    days = [FIRST + timedelta(days=n) for n in range(201)]
    text = SERVICES + "versions:\n" + "".join(f"  - {{from: {day}, title: T{day}}}\n" for day in days)
    assert problems(tmp_path, HEAD + text) == [
        "c.yaml:1:1: versions: changes on more than 200 dates (split the contract)"
    ]
