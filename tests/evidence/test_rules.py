"""One file has one meaning: what could be read in two ways is joined, or refused with its place."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from sla_monitor.assess import assess_month
from sla_monitor.contract.fields import Strict
from sla_monitor.contract.terms import Terms
from sla_monitor.evidence import read_evidence
from sla_monitor.evidence.document import EvidenceDocument
from sla_monitor.sla.observation import Outcome, Reason
from sla_monitor.sla.spans import Span
from tests.evidence.support import contract_in, entry, evidence, ms, problems, read, written

DOWN, UP = Outcome.DOWN, Outcome.UP


def span(start: str, end: str, outcome: str, **more: Any) -> dict[str, Any]:
    return {"start": f"2026-10-05T{start}Z", "end": f"2026-10-05T{end}Z", "outcome": outcome, **more}


CUT = (
    span("08:00:00", "14:00:00", "up"),
    span("14:00:00", "14:01:00", "down", looks=1, reason="timeout", last_look="2026-10-05T14:00:00Z"),
    span("14:01:00", "14:02:00", "down", looks=1, reason="connection_refused", last_look="2026-10-05T14:01:00Z"),
    span("14:02:00", "23:00:00", "up"),
)
"""An outage of two probes, told in two pieces; the contract asks two of them for an outage."""


def observed(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "spans", "endpoint": "health", "spans": list(spans)}


@pytest.mark.parametrize("several", [[observed(*CUT)], [observed(*CUT[::2]), observed(*CUT[1::2])]])
def test_spans_that_touch_and_found_the_same_are_one(tmp_path: Path, several: list[dict[str, Any]]) -> None:
    found = read(tmp_path, evidence(observed=several)).spans(0, ms("2100-01-01T00:00Z"))["small/health"]
    minute = ms("2026-10-05T14:00Z")
    assert [(one.outcome, one.probes) for one in found] == [(UP, 1_000), (DOWN, 2), (UP, 1_000)]
    assert found[1] == Span(minute, minute + 120_000, minute + 60_000, DOWN, Reason.TIMEOUT, 2)


def test_an_outage_that_was_told_in_pieces_is_confirmed_by_all_of_them(tmp_path: Path) -> None:
    other = {"kind": "outages", "endpoint": "records"}
    path = written(tmp_path, evidence(observed=[observed(*CUT), other]))
    contract = contract_in(tmp_path)
    file = read_evidence(path, contract)
    custody = assess_month(contract, file, "2026-10", file.as_of_ms).services[0]
    assert [(outage.start_ms, outage.downtime_ms) for outage in custody.outages] == [(ms("2026-10-05T14:00Z"), 120_000)]


def test_a_observation_whose_time_nobody_took_down_is_no_response_time(tmp_path: Path) -> None:
    """As none it would halve the mean."""
    observations = [{"at": "2026-10-05T14:00:00Z", "duration_us": 800_000}, {"at": "2026-10-05T14:00:10Z"}]
    path = written(
        tmp_path,
        evidence(observed=[{"kind": "observations", "endpoint": "webmail", "every": "10s", "looks": observations}]),
    )
    contract = contract_in(tmp_path)
    file = read_evidence(path, contract)
    (_, kpi) = assess_month(contract, file, "2026-10", file.as_of_ms).kpis
    assert kpi.views["agreed"].value == 800


def test_an_open_outage_says_nothing_of_the_time_after_the_file(tmp_path: Path) -> None:
    stated = {"kind": "outages", "service": "custody", "outages": [{"start": "2026-10-31T00:00Z"}]}
    later = entry(1, {"kind": "minute", "month": "2026-10"}, at="2026-11-09T09:00:00Z")
    contract = contract_in(tmp_path)
    file = read_evidence(written(tmp_path, evidence(observed=[stated], entries=[later])), contract)
    custody = assess_month(contract, file, "2026-11", file.as_of_ms).services[0]
    assert custody.downtime_ms == 0
    assert custody.unknown_ms == custody.agreed_ms > 0


TIMES = {"instant", "date", "time of day", "duration"}


def _models(base: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _times(whole: type[BaseModel]) -> Iterator[tuple[type[BaseModel], str]]:
    """Every key at which a time stands, in all models that are parts of one."""
    known = {
        (model.__name__, field.alias or key): model
        for model in _models(Strict)
        for key, field in model.model_fields.items()
    }
    for name, described in whole.model_json_schema()["$defs"].items():
        for key, value in described.get("properties", {}).items():
            if any(each.get("$comment") in TIMES for each in (value, *value.get("anyOf", ()))):
                yield known[name, key], key


PLACES = [*_times(EvidenceDocument), *_times(Terms)]


@pytest.mark.parametrize(("model", "key"), PLACES, ids=[f"{model.__name__}.{key}" for model, key in PLACES])
@pytest.mark.parametrize("number", [0, 1_790_000_000, 1_790_000_000_000, 20261005, True, Decimal("1790000000.5")])
def test_a_number_is_no_time_wherever_one_stands(model: type[BaseModel], key: str, number: object) -> None:
    """Nobody can know whether it counts seconds or milliseconds, or since when."""
    with pytest.raises(ValidationError) as error:
        model.model_validate({key: number})
    assert any(details["loc"][0] == key and details["type"] == "value_error" for details in error.value.errors())


def test_times_stand_in_evidence_in_entries_and_in_contracts() -> None:
    assert {"Range", "ObservationRecord", "Down", "Entry", "TicketRecord", "Claim", "Term", "HttpEndpoint"} <= {
        model.__name__ for model, _ in PLACES
    }


@pytest.mark.parametrize("place", ["seen", "at", "observed", "entries"])
def test_a_number_in_a_file_is_told_with_its_place(tmp_path: Path, place: str) -> None:
    observation = {"kind": "observations", "endpoint": "health", "every": "10s", "looks": [{"at": 1_791_208_800_000}]}
    parts: dict[str, Any] = {
        "seen": {"from": 1_790_000_000, "until": "2026-11-01"},
        "at": 1_793_000_000_000,
        "observed": [observation],
        "entries": [entry(1, {"kind": "minute", "month": "2026-10"}, at=1_793_000_000)],
    }
    (line,) = problems(tmp_path, evidence(**{place: parts[place]}))
    assert line.startswith(f"$.{place}")
    assert "must be an instant" in line
