"""What is written is read back as it was, and has the same number."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from sla_monitor.cli.schema import schema
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.errors import EvidenceError
from sla_monitor.evidence import FileEvidence, evidence_digest, evidence_text, read_evidence
from sla_monitor.evidence.writing import holiday_texts
from sla_monitor.ledger import Ledger, read_only
from sla_monitor.register.attachments import EntryFile
from sla_monitor.register.entries import Entry
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.overlay import Import
from sla_monitor.sla.samples import Sample
from sla_monitor.sla.spans import Span, joined
from tests.contract.support import HEAD, SERVICES
from tests.evidence.support import CONTRACT, contract_in, entry, evidence, ms, read, written
from tests.fakes.clock import FakeClock

BEGIN, END = ms("2026-09-30T23:00Z"), ms("2026-11-01T00:00Z")
FOREVER = ms("2100-01-01T00:00Z")

OUTAGE = {"start": "2026-10-05 14:00", "end": "2026-10-05 15:00"}
FULL = evidence(
    at="2026-11-03T10:00:00.250Z",
    observed=[
        {
            "kind": "outages",
            "service": "custody",
            "outages": [{"start": "2026-10-05 14:00", "end": "2026-10-05 15:00"}],
        },
        {
            "kind": "observations",
            "endpoint": "webmail",
            "every": "10s",
            "looks": [
                {"at": "2026-10-05T14:00:00Z", "duration_us": 41_000, "first_byte_us": 38_000},
                {"at": "2026-10-05T14:00:10Z", "outcome": "down", "reason": "timeout", "duration_us": 5_000_000},
                {"at": "2026-10-05T14:00:20Z"},
            ],
        },
    ],
    entries=[
        entry(3, {"kind": "figure", "kpi": "KPI1", "month": "2026-10", "party": "supplier", "value": "99.950"}),
        entry(7, {"kind": "undo", "about": 3}, note="Typed \u00fcber \x1b[2J the wrong line", reference="CRM-1"),
    ],
)


def text_of(contract: Contract, source: FileEvidence, *, every_observation: bool = False) -> str:
    seen = (source.first_ms("small") or 0, source.until_ms)
    return "".join(evidence_text(contract, source, seen, source.as_of_ms, every_observation=every_observation))


def test_a_file_that_was_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    contract, first = contract_in(tmp_path), read(tmp_path, FULL)
    again = read_evidence(written(tmp_path, text_of(contract, first)), contract)
    assert again.spans(0, FOREVER) == first.spans(0, FOREVER)
    assert list(again.samples("small/webmail", 0, FOREVER)) == list(first.samples("small/webmail", 0, FOREVER))
    assert again.entries("small") == first.entries("small")
    assert (again.first_ms("small"), again.until_ms, again.as_of_ms) == (
        first.first_ms("small"),
        first.until_ms,
        first.as_of_ms,
    )


def test_what_is_written_fits_the_schema_and_is_plain_ascii(tmp_path: Path) -> None:
    text = text_of(contract_in(tmp_path), read(tmp_path, FULL), every_observation=True)
    assert text.isascii()
    assert all(line.isprintable() for line in text.splitlines())
    described = json.loads(CliRunner().invoke(schema, ["evidence"]).output)
    Draft202012Validator.check_schema(described)
    assert [error.message for error in Draft202012Validator(described).iter_errors(json.loads(text))] == []


def test_only_the_observations_that_a_figure_is_worked_out_from_are_written_unless_all_are_asked_for(
    tmp_path: Path,
) -> None:
    contract, source = contract_in(tmp_path), read(tmp_path, FULL)
    short, long = (json.loads(text_of(contract, source, every_observation=every)) for every in (False, True))
    assert [one["endpoint"] for one in short["samples"]] == ["webmail"]
    assert [one["endpoint"] for one in long["samples"]] == ["health", "records", "webmail"]


def digest(tmp_path: Path, source: FileEvidence, *, since: int = BEGIN, earlier: Sequence[str] = ()) -> str:
    return evidence_digest(contract_in(tmp_path), source, (BEGIN, END), since, earlier)


def test_the_same_evidence_has_the_same_number_in_whatever_form_it_is_told(tmp_path: Path) -> None:
    first = read(tmp_path, FULL)
    again = read_evidence(written(tmp_path, text_of(contract_in(tmp_path), first)), contract_in(tmp_path))
    assert digest(tmp_path, first) == digest(tmp_path, again)


def test_other_evidence_has_another_number(tmp_path: Path) -> None:
    """An outage a second longer, an entry more, an observation slower, another figure of a month before: each shows."""
    several: list[dict[str, Any]] = [{}, {"since": END}, {"earlier": ["figure KPI1 2026-09 99"]}]
    numbers = {digest(tmp_path, read(tmp_path, FULL), **given) for given in several}
    for before, after in (
        ("15:00", "15:00:01"),
        ("41000", "41001"),
        ("CRM-1", "CRM-2"),
        ("2026-10-05 14", "2026-10-05 13"),
    ):
        changed = json.dumps(FULL).replace(before, after)
        assert changed != json.dumps(FULL)
        numbers.add(digest(tmp_path, read(tmp_path, changed)))
    assert len(numbers) == 7


def test_what_goes_on_after_the_period_does_not_change_its_number(tmp_path: Path) -> None:
    """A ledger that has recorded on since has a longer last span than the file that was made of it."""

    def of(end: str) -> str:
        span = {"start": "2026-10-01", "end": end, "outcome": "up"}
        return digest(
            tmp_path, read(tmp_path, evidence(observed=[{"kind": "spans", "endpoint": "health", "spans": [span]}]))
        )

    assert of("2026-11-01T08:00Z") == of("2026-11-20T08:00Z")
    assert of("2026-10-20T08:00Z") != of("2026-11-20T08:00Z")


Piece = tuple[int, int, Outcome, int]
SPANS = st.lists(
    st.tuples(st.integers(1, 90_000), st.integers(0, 90_000), st.sampled_from(Outcome), st.integers(1, 30)), max_size=12
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SPANS, st.sampled_from([None, *Reason]))
def test_any_spans_survive_the_file(
    tmp_path: Path, several: list[tuple[int, int, Outcome, int]], reason: Reason
) -> None:
    spans, at_ms = [], BEGIN
    for length, gap, outcome, observations in several:
        spans.append(Span(at_ms + gap, at_ms + gap + length, at_ms + gap, outcome, reason, observations))
        at_ms += gap + length
    contract = contract_in(tmp_path)
    text = "".join(evidence_text(contract, Told({"small/health": spans}), (BEGIN, END), END))
    found = read_evidence(written(tmp_path, text), contract)
    assert found.spans(0, FOREVER) == ({"small/health": joined(spans)} if spans else {})


class Told(FileEvidence):
    """Spans of our own making, as a ledger would give them."""

    def __init__(self, spans: dict[str, list[Span]]) -> None:
        self._all = spans
        self._clock_moves = []

    def imports(self, contract: str) -> Sequence[Import]:
        return ()

    def entry_files(self, contract: str) -> Sequence[EntryFile]:
        return ()

    def spans(self, start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        return self._all

    def samples(self, key: str, start_ms: int, end_ms: int) -> Iterator[Sample]:
        return iter(())

    def entries(self, contract: str) -> Sequence[Entry]:
        return ()


def test_when_the_clock_was_set_survives_the_file_and_has_a_part_in_its_number(tmp_path: Path) -> None:
    """A ledger whose clock was ahead for a day and whose host slept tells the same as the file made of it."""
    path, clock, contract = tmp_path / "ledger.db", FakeClock(BEGIN + 3_600_000), contract_in(tmp_path)
    with closing(Ledger.open(path, clock)) as ledger:
        for step_ms, slept_ms in ((86_400_000, 0), (-86_400_000, 0), (0, 7_200_000)):
            clock.advance(60_000)
            clock.step(step_ms)
            clock.suspend(slept_ms)
            ledger.clock_stepped(step_ms, slept_ms)
    with read_only(path) as reader:
        moves = reader.clock_moves(BEGIN, END)
        text = "".join(evidence_text(contract, reader, (BEGIN, END), END))
        number = evidence_digest(contract, reader, (BEGIN, END), BEGIN, ())
    assert [(move.step_ms, move.slept_ms) for move in moves] == [(86_400_000, 0), (-86_400_000, 0), (0, 7_200_000)]
    (tmp_path / "evidence.json").write_text(text)
    found = read_evidence(tmp_path / "evidence.json", contract)
    assert found.clock_moves(BEGIN, END) == moves
    assert evidence_digest(contract, found, (BEGIN, END), BEGIN, ()) == number
    assert evidence_digest(contract, Told({}), (BEGIN, END), BEGIN, ()) != number


def test_bank_holidays_are_written_byte_for_byte_and_told_apart_by_their_names(tmp_path: Path) -> None:
    text = "country: GB\r\nfirst_year: 2026\r\nlast_year: 2026\r\ndays: {2026-12-25: Noël}\r\n"
    for name in ("a/days.yaml", "b/days.yaml"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(text.encode())
    calendars = "".join(
        f"  {name}: {{hours: {{mon-fri: '09:00-17:00'}}, bank_holidays: {name}/days.yaml}}\n" for name in "ab"
    )
    path = tmp_path / "holidays.yaml"
    path.write_text(HEAD + SERVICES + f"calendars:\n{calendars}")
    contract = load_contract(path)
    assert holiday_texts(contract) == {"holidays-days.yaml": text}
    (tmp_path / "b/days.yaml").write_bytes(text.replace("Noël", "Christmas").encode())
    assert holiday_texts(contract) == {"holidays-days.yaml": text}, "as they were when the contract was read"
    with pytest.raises(EvidenceError, match=r"b/days\.yaml: another file of bank holidays is called days\.yaml too"):
        holiday_texts(load_contract(path))


PLACED = CONTRACT.replace("- id: custody\n", "- id: custody\n    places: {sites: [main, north], quorum: any}\n")


def test_what_each_site_saw_survives_the_file_and_has_a_part_in_its_number(tmp_path: Path) -> None:
    contract = contract_in(tmp_path, PLACED)
    span = {"start": "2026-10-05T14:00:00Z", "end": "2026-10-05T15:00:00Z", "outcome": "down", "looks": 3}
    looks = [{"at": "2026-10-05T14:00:00Z", "outcome": "down"}]
    told = evidence(
        observed=[{"kind": "spans", "endpoint": "health", "site": "north", "spans": [span]}],
        samples=[{"endpoint": "health", "site": "north", "looks": looks}],
    )
    first = read_evidence(written(tmp_path, told), contract)
    text = text_of(contract, first, every_observation=True)
    again = read_evidence(written(tmp_path, text), contract)
    assert again.spans(0, FOREVER) == first.spans(0, FOREVER)
    assert set(first.spans(0, FOREVER)) == {"small/health@north"}
    assert len(list(again.samples("small/health@north", 0, FOREVER))) == 1
    here = json.loads(json.dumps(told).replace('"site": "north", ', ""))
    numbers = [
        evidence_digest(contract, one, (BEGIN, END), BEGIN, ())
        for one in (first, again, read_evidence(written(tmp_path, here), contract))
    ]
    assert numbers[0] == numbers[1] != numbers[2]
    sites = [(one["endpoint"], one.get("site")) for one in json.loads(text)["observed"]]
    assert sites == [
        ("health", None), ("health", "north"), ("records", None), ("records", "north"), ("webmail", None)
    ]  # fmt: skip


def test_a_file_of_one_place_names_no_site(tmp_path: Path) -> None:
    """So that it has the bytes that it had before there were any."""
    assert '"site"' not in text_of(contract_in(tmp_path), read(tmp_path, FULL), every_observation=True)
