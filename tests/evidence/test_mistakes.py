"""A wrong evidence file is told as a whole: every mistake, where it is, and what would be right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sla_monitor.errors import EvidenceError
from sla_monitor.evidence import read_evidence
from tests.evidence.support import CONTRACT, contract_in, entry, evidence, problems, written

SPAN = {"start": "2026-10-05T14:00:00Z", "end": "2026-10-06T14:00:00Z", "outcome": "up"}
OUTAGE = {"start": "2026-10-05 14:00", "end": "2026-10-05 15:00"}


def spans(endpoint: str, *several: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "spans", "endpoint": endpoint, "spans": list(several)}


def outages(*several: dict[str, Any], **of: str) -> dict[str, Any]:
    return {"kind": "outages", **of, "outages": list(several)}


def watched(*observations: dict[str, Any], every: str = "10s") -> dict[str, Any]:
    return {"kind": "observations", "endpoint": "health", "every": every, "looks": list(observations)}


def test_an_evidence_file_of_the_smallest_kind_is_good(tmp_path: Path) -> None:
    assert problems(tmp_path, evidence()) == []


def test_every_mistake_is_told_at_once_with_its_path(tmp_path: Path) -> None:
    wrong = evidence(
        zone="Europe/Londn",
        observed=[
            outages({"end": "2026-10-05T15:00:00Z"}, service="custody"),
            spans("health", {"start": "2026-10-06", "end": "soon", "outcom": "up"}),
            {"kind": "spam"},
        ],
        entries=[entry(1, {"kind": "claim", "cause": 3, "start": "2026-10-25 01:30", "end": "2026-10-25 03:30"})],
        hindsight=True,
    )
    instant = "must be an instant (write 2026-10-05T14:00:00Z, or 2026-10-05 14:00 in the contract's zone)"
    assert problems(tmp_path, wrong) == [
        '$.entries[0].said.cause: must be text (in double quotes: "custody")',
        (
            "$.entries[0].said.start: 2026-10-25 01:30:00 occurs twice or not at all in Europe/London, where the"
            " clocks change (add Z or +01:00)"
        ),
        (
            "$.hindsight: unknown key (known here: at, attachments, bank_holidays, clock_moves, contract, entries,"
            " format, imports, observed, samples, seen, version, …)"
        ),
        '$.observed[0].outages[0].start: is missing (write for example "start": "2026-10-05T14:00:00Z")',
        f"$.observed[1].spans[0].end: {instant}",
        "$.observed[1].spans[0].outcom: unknown key (did you mean outcome?)",
        '$.observed[1].spans[0].outcome: is missing (write for example "outcome": "down")',
        "$.observed[2].kind: no such kind (did you mean spans?)",
        "$.zone: 'Europe/Londn' is not a time zone (did you mean Europe/London?)",
    ]


def test_parts_of_a_millisecond_are_refused_with_the_limit(tmp_path: Path) -> None:
    exact, too_exact = "2026-10-05T14:00:00.123Z", "2026-10-05 15:00:00.123456"
    wrong = evidence(observed=[outages({"start": exact, "end": too_exact}, service="custody")])
    assert problems(tmp_path, wrong) == [
        (
            "$.observed[0].outages[0].end: has more than three decimals of a second"
            " (write milliseconds: 2026-10-05T14:00:00.123Z)"
        )
    ]


def test_what_is_missing_from_an_empty_file_is_shown_by_example(tmp_path: Path) -> None:
    assert problems(tmp_path, {}) == [
        '$.contract: is missing (write for example "contract": "police-strategic-it")',
        '$.format: is missing (write for example "format": "sla-monitor-evidence")',
        (
            '$.seen: is missing (write for example "seen": {"from": "2026-10-01T00:00:00Z",'
            ' "until": "2026-11-01T00:00:00Z"})'
        ),
        '$.version: is missing (write for example "version": 1)',
        '$.zone: is missing (write for example "zone": "Europe/London")',
    ]


BACKWARDS = {"start": "2026-10-06", "end": "2026-10-05"}
AT_NOON = "2026-10-05T12:00:00Z"
OUTSIDE = ("2026-09-30T22:59:59Z", "2026-11-01T00:00:00Z")


CLAIM = {"kind": "claim", "cause": "force_majeure", "start": "2026-10-05", "end": "2026-10-06"}
GRANTED = {"kind": "decision", "about": 1, "granted": True}
REFUSED = {"kind": "decision", "about": 1, "granted": False}


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"contract": "large"}, "$.contract: must be small (or take the file of contract large)"),
        ({"version": 2}, "$.version: must be 1"),
        ({"seen": {"from": "2026-10-02", "until": "2026-10-01"}}, "$.seen.until: must be after from"),
        ({"at": "2026-10-20"}, "$.at: must not be before seen.until"),
        (
            {"observed": [spans("health", SPAN) | {"site": "nort"}]},
            "$.observed[0].site: no such site of health (known here: main)",
        ),
        (
            {"samples": [{"endpoint": "webmail", "site": "north", "looks": []}]},
            "$.samples[0].site: no such site of webmail (known here: main)",
        ),
        (
            {"observed": [outages(OUTAGE, service="custody") | {"site": "north"}]},
            "$.observed[0].site: no such site of custody (known here: main)",
        ),
        (
            {"observed": [spans("helth", SPAN)]},
            "$.observed[0].endpoint: no such endpoint (did you mean health?)",
        ),
        ({"observed": [outages(service="costody")]}, "$.observed[0].service: no such service (did you mean custody?)"),
        ({"observed": [outages()]}, "$.observed[0].endpoint: or service: write one of the two"),
        ({"observed": [outages(endpoint="health", service="custody")]}, "$.observed[0].endpoint: or service: write"),
        ({"observed": [outages(BACKWARDS, endpoint="health")]}, "$.observed[0].outages[0].end: must be after the"),
        (
            {"observed": [outages({"start": "2026-11-05"}, endpoint="health")]},
            "$.observed[0].outages[0].start: must be before seen.until (or widen seen)",
        ),
        (
            {"observed": [outages({"start": "2026-09-05", "end": "2026-10-01"}, endpoint="health")]},
            "$.observed[0].outages[0].end: must be after seen.from (or widen seen)",
        ),
        (
            {"observed": [spans("health", {"start": "2026-09-05", "end": "2026-10-01", "outcome": "up"})]},
            "$.observed[0].spans[0].end: must be after seen.from (or widen seen)",
        ),
        (
            {"observed": [spans("health", {"start": "2026-11-01", "end": "2026-11-02", "outcome": "up"})]},
            "$.observed[0].spans[0].start: must be before seen.until (or widen seen)",
        ),
        (
            {"samples": [{"endpoint": "webmail", "looks": [{"at": AT_NOON}, *({"at": at} for at in OUTSIDE)]}]},
            "$.samples[0].looks[1].at: must lie in seen (or widen seen)",
        ),
        (
            {"observed": [spans("health", SPAN, SPAN | {"start": "2026-10-06T13:59:59.999Z", "end": "2026-10-07"})]},
            "$.observed[0].spans[1].start: overlaps the span that ends at 2026-10-06T14:00:00Z (spans of an endpoint",
        ),
        (
            {"observed": [spans("health", SPAN), spans("health", SPAN)]},
            "$.observed[1].spans[0].start: overlaps",
        ),
        (
            {"observed": [spans("health", SPAN | {"last_look": "2026-10-07"})]},
            "$.observed[0].spans[0].last_look: must lie in the span",
        ),
        (
            {"observed": [spans("health", SPAN), outages(OUTAGE, service="custody")]},
            "$.observed[1]: endpoint health is given as spans already (keep one of the two)",
        ),
        (
            {
                "observed": [
                    {
                        "kind": "observations",
                        "endpoint": "health",
                        "every": "10s",
                        "looks": [{"at": AT_NOON}, {"at": AT_NOON, "outcome": "down"}],
                    }
                ]
            },
            "$.observed[0].looks[1].at: another observation at this instant found something else (keep one)",
        ),
        (
            {
                "observed": [{"kind": "observations", "endpoint": "webmail", "every": "10s", "looks": []}],
                "samples": [{"endpoint": "webmail", "looks": []}],
            },
            "$.samples[0].endpoint: its observations are in observed already (leave the samples out)",
        ),
        (
            {"samples": [{"endpoint": "webmail", "looks": []}, {"endpoint": "webmail", "looks": []}]},
            "$.samples[1].endpoint: is given twice (put its observations into one list)",
        ),
        (
            {
                "observed": [
                    watched({"at": AT_NOON}),
                    watched({"at": "2026-10-05T13:00:00+01:00", "outcome": "degraded"}),
                ]
            },
            "$.observed[1].looks[0].at: another observation at this instant found something else (keep one)",
        ),
        (
            {"observed": [watched({"at": AT_NOON}), watched({"at": AT_NOON}, every="20s")]},
            "$.observed[1].looks[0].at: the same observation vouches for another time elsewhere (keep one)",
        ),
        (
            {"observed": [watched({"at": OUTSIDE[0]})]},
            "$.observed[0].looks[0].at: must lie in seen (or widen seen)",
        ),
        (
            {"observed": [watched({"at": AT_NOON, "reason": "timeout"})]},
            "$.observed[0].looks[0].reason: says why it was not up (write the outcome too, or leave the reason out)",
        ),
        (
            {"observed": [spans("health", SPAN | {"looks": 10**20})]},
            "$.observed[0].spans[0].looks: must be at most 1000000000",
        ),
        (
            {"entries": [entry(10**20, {"kind": "minute", "month": "2026-10"})]},
            "$.entries[0].number: must be at most 9007199254740991",
        ),
        (
            {"entries": [entry(1, CLAIM | {"services": ["custdy"]})]},
            "$.entries[0].said.services: no such service: custdy (did you mean custody?)",
        ),
        (
            {"entries": [entry(1, CLAIM | {"kpis": ["KPI1", "KPI9"]})]},
            "$.entries[0].said.kpis: no such KPI: KPI9 (did you mean KPI2?)",
        ),
        (
            {"entries": [entry(1, CLAIM), entry(2, {"kind": "decision", "about": 2, "granted": True})]},
            "$.entries[1].said.about: no entry 2 above this one (put it in, or leave this one out)",
        ),
        (
            {"entries": [entry(1, CLAIM), entry(2, GRANTED)]},
            "$.entries[1].actor: a.person made entry 1 (four eyes: somebody else must decide)",
        ),
        (
            {"entries": [entry(1, CLAIM), entry(2, REFUSED, actor="b.person"), entry(3, {"kind": "undo", "about": 2})]},
            "$.entries[2].actor: a.person made entry 1 (four eyes: somebody else must decide)",
        ),
        (
            {"samples": [{"endpoint": "health", "looks": [{"at": AT_NOON, "duration_us": -1}]}]},
            "$.samples[0].looks[0].duration_us: must be at least 0",
        ),
        (
            {"entries": [entry(2, {"kind": "minute", "month": "2026-10"}), entry(2, {"kind": "undo", "about": 2})]},
            "$.entries[1].number: must be greater than 2, the one before",
        ),
        (
            {"entries": [entry(2, {"kind": "minute", "month": "2026-10"}, contract="large")]},
            "$.entries[0].contract: must be small (or leave the entry out)",
        ),
        (
            {"entries": [entry(2, {"kind": "minute", "month": "2026-13"})]},
            '$.entries[0].said.month: is not well formed (write for example "2026-10")',
        ),
        ({"entries": [entry(2, {"kind": "minut"})]}, "$.entries[0].said.kind: no such kind (did you mean minute?)"),
        ({"observed": {}}, "$.observed: must be a list (write [ … ])"),
        ({"observed": ["health"]}, "$.observed[0]: must be an object"),
    ],
)
def test_one_mistake_is_one_line(tmp_path: Path, parts: dict[str, Any], told: str) -> None:
    (line,) = problems(tmp_path, evidence(**parts))
    assert line.startswith(told)


def test_whoever_claimed_may_decide_where_the_contract_does_not_ask_for_four_eyes(tmp_path: Path) -> None:
    content = evidence(entries=[entry(1, CLAIM), entry(2, GRANTED)])
    contract = contract_in(tmp_path, CONTRACT + "relief: {four_eyes: false}\n")
    assert len(read_evidence(written(tmp_path, content), contract).entries("small")) == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "1:2: is not JSON: Expecting property name"),
        ("", "1:1: is not JSON: Expecting value"),
        ("[]", "$: must be an object"),
        ('{"a": 1, "a": 2}', "the key 'a' is given twice in one object (keep one)"),
        ('{"version": NaN}', "NaN is no number (leave the key out where there is none)"),
        ('{"version": 1e999}', "a number has more than 30 digits: 1e999… (write it as text)"),
        ('{"version": ' + "9" * 10_000 + "}", "a number has more than 30 digits"),
        ("[" * 100_000, "is nested too deep"),
        (b'{"zone": "\xff"}', "is not UTF-8 text (save the file as UTF-8)"),
        ('{"\\ud800": 1}', "$: holds half of a character"),
    ],
)
def test_what_is_no_evidence_at_all_is_one_line(tmp_path: Path, content: str | bytes, told: str) -> None:
    (line,) = problems(tmp_path, content)
    assert line.startswith(told)


def test_the_file_of_another_contract_is_told_once(tmp_path: Path) -> None:
    others = [entry(number, CLAIM, contract="large") for number in (1, 2)]
    (line,) = problems(tmp_path, evidence(contract="large", entries=others))
    assert line == "$.contract: must be small (or take the file of contract large)"


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match="cannot be read: No such file or directory"):
        read_evidence(tmp_path / "lost.json", contract_in(tmp_path))


def test_what_a_file_says_cannot_move_the_cursor(tmp_path: Path) -> None:
    lines = problems(tmp_path, evidence(**{"gone\x1b[2J\u202e\u009b": 1}))
    assert lines
    assert all(line.isprintable() for line in lines)


def test_a_number_with_a_point_stays_exact(tmp_path: Path) -> None:
    """As a float this one would be another."""
    figure = {"kind": "figure", "kpi": "KPI1", "month": "2026-10", "party": "supplier"}
    text = json.dumps(evidence(entries=[entry(1, figure | {"value": "VALUE"})]))
    path = written(tmp_path, text.replace('"VALUE"', "99.99999999999999999"))
    with pytest.raises(EvidenceError, match="must have at most 18 digits"):
        read_evidence(path, contract_in(tmp_path))
    path = written(tmp_path, text.replace('"VALUE"', "99.958333333"))
    (read,) = read_evidence(path, contract_in(tmp_path)).entries("small")
    assert str(read.body.value) == "99.958333333"  # type: ignore[union-attr]


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["spans", "health"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "endpoint", "spans", "start", "end", "said", "looks", "x"]), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example({"entries": [{"kind": None, "said": {}}]})
@given(st.dictionaries(st.sampled_from([*evidence(), "observed", "samples", "entries"]), JUNK, max_size=4))
def test_whatever_a_file_holds_the_answer_is_a_list_of_problems_or_evidence(
    tmp_path: Path, parts: dict[str, Any]
) -> None:
    lines = problems(tmp_path, json.dumps(evidence(**parts)))
    assert all(line and line.isprintable() for line in lines)
