"""Acknowledgements: they stand for the outage that goes on, end with it, and change no figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from sla_monitor.assess import Acknowledged, ContractAssessment, assess_contract
from sla_monitor.document import document
from sla_monitor.register.instant import format_utc

from .records import DAY, DOWN, JUNE, MINUTE, Record, endpoint, entries, one_version, service, span, with_outages

NOW = JUNE + 10 * DAY
BEGAN = NOW - 60 * MINUTE
TWO = one_version(services=[service("cad", endpoint("login"), endpoint("map"), available_when="any")])


def at(minutes: int, **words: Any) -> dict[str, Any]:
    """Said so many minutes after the outage began."""
    return {"kind": "acknowledgement", "at": BEGAN + minutes * MINUTE, "actor": "kim", "note": "On it.", **words}


def found(*said: Mapping[str, Any], now_ms: int = NOW, **down: tuple[int, int]) -> ContractAssessment:
    """Both services with one endpoint each that was up, but for one outage of it, or none."""
    seen = {
        name: with_outages(JUNE - DAY, now_ms, *([down[name]] if name in down else [])) for name in ("login", "other")
    }
    services = [service("cad"), service("desk", endpoint("other"))]
    return assess_contract(one_version(services=services), Record(seen, said=entries(*said)), now_ms)


def named(contract: ContractAssessment) -> list[tuple[str, str]]:
    return [(one.service, one.endpoint) for one in contract.acknowledged]


def test_it_has_the_name_and_the_words_and_whose_outage_it_is() -> None:
    told = found(at(5, service="cad"), login=(BEGAN, NOW))
    assert told.acknowledged == (Acknowledged(1, BEGAN + 5 * MINUTE, "kim", "On it.", "cad"),)


def test_an_endpoint_is_acknowledged_without_its_service() -> None:
    assert named(found(at(5, endpoint="login"), login=(BEGAN, NOW))) == [("cad", "login")]


@pytest.mark.parametrize("whose", [{"service": "cad"}, {"endpoint": "login"}])
def test_the_outage_after_the_recovery_needs_a_new_one(whose: dict[str, str]) -> None:
    """One that was made before the outage began is of another one."""
    assert named(found(at(-5, **whose), login=(BEGAN, NOW))) == []
    assert len(named(found(at(-5, **whose), at(5, **whose), login=(BEGAN, NOW)))) == 1


@pytest.mark.parametrize("whose", [{"service": "cad"}, {"endpoint": "login"}])
def test_it_ends_when_the_outage_ends(whose: dict[str, str]) -> None:
    assert named(found(at(5, **whose), login=(BEGAN, NOW - 10 * MINUTE))) == []
    assert named(found(at(5, **whose))) == []


def test_it_says_nothing_of_another_service() -> None:
    assert named(found(at(5, service="cad"), login=(BEGAN, NOW), other=(BEGAN, NOW))) == [("cad", "")]


def test_what_nobody_saw_may_be_another_outage() -> None:
    """Down, a gap, and down again: nobody knows whether it was up meanwhile."""
    spans = [span(BEGAN, BEGAN + 20 * MINUTE, DOWN), span(BEGAN + 40 * MINUTE, NOW, DOWN)]
    before = with_outages(JUNE - DAY, BEGAN)
    record = Record({"login": [*before, *spans]}, said=entries(at(5, service="cad"), at(6, endpoint="login")))
    assert assess_contract(one_version(), record, NOW).acknowledged == ()


def test_it_ends_at_its_time_and_the_last_word_counts() -> None:
    until = {"service": "cad", "until": format_utc(BEGAN + 30 * MINUTE)}
    assert named(found(at(5, **until), login=(BEGAN, NOW))) == []
    told = found(at(5, service="cad"), at(9, service="cad", actor="lee"), login=(BEGAN, NOW))
    assert [one.by for one in told.acknowledged] == ["lee"]


def test_an_undone_one_is_gone() -> None:
    said = at(5, service="cad"), {"kind": "undo", "about": 1, "at": BEGAN + 9 * MINUTE}
    assert named(found(*said, login=(BEGAN, NOW))) == []


def test_no_figure_changes() -> None:
    """But for the register's own entries, everything is what it is without."""
    plain = found(login=(BEGAN, NOW))
    told = found(at(5, service="cad"), at(6, endpoint="login"), login=(BEGAN, NOW))
    assert told.acknowledged
    assert replace(told, acknowledged=(), entries=(), register_number=0) == plain
    assert document(told)["result"] == document(plain)["result"]
    assert document(told)["services"] == document(plain)["services"]


def test_a_degraded_service_is_acknowledged_by_its_endpoint() -> None:
    """One of two is down, and any is enough: the service has no outage, its endpoint has."""
    record = Record(
        {"login": with_outages(JUNE - DAY, NOW, (BEGAN, NOW)), "map": with_outages(JUNE - DAY, NOW)},
        said=entries(at(5, service="cad"), at(5, endpoint="login"), at(5, endpoint="map")),
    )
    assert named(assess_contract(TWO, record, NOW)) == [("cad", "login")]
