"""From which sites an endpoint is probed, and how many of them must see it down."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sla_monitor.contract.contract import endpoint_key, endpoint_of_key
from sla_monitor.contract.endpoints.endpoint import endpoint_of
from sla_monitor.contract.endpoints.several_places import Places
from sla_monitor.contract.endpoints.spelled import spelled
from sla_monitor.contract.terms import Service

TCP = {"kind": "tcp", "host": "h", "port": 1}
JOB = {"kind": "heartbeat", "token": "${file:/t}", "period": "1d", "grace": "1h"}


def places(quorum: Any, count: int = 3) -> Places:
    return Places.model_validate({"sites": [f"s{n}" for n in range(count)], "quorum": quorum})


@pytest.mark.parametrize(
    ("quorum", "count", "active", "needed"),
    [
        ("any", 3, 3, 1),
        ("any", 3, 1, 1),
        ("all", 3, 3, 3),
        ("all", 3, 2, 3),
        (2, 3, 2, 2),
        ({"percent": 51}, 20, 20, 11),
        ({"percent": 51}, 20, 10, 11),
        ({"percent": 51, "of": "active"}, 20, 10, 6),
        ({"percent": 50}, 4, 4, 2),
        ({"percent": 1}, 3, 3, 1),
        ({"percent": 100}, 3, 3, 3),
        ({"percent": 51, "of": "active"}, 3, 0, 1),
    ],
)
def test_how_many_must_see_it_down(quorum: Any, count: int, active: int, needed: int) -> None:
    assert places(quorum, count).needed(active) == needed


def test_endpoints_have_the_places_of_their_service_unless_they_have_their_own() -> None:
    """A job's reports come to the collector, whatever the service says."""
    own, theirs = {"sites": ["west"], "quorum": "any"}, {"sites": ["main", "north"], "quorum": 2}
    endpoints = [{**TCP, "id": "a"}, {**TCP, "id": "b", "places": own}, {**JOB, "id": "c"}]
    found = Service.model_validate({"id": "cad", "places": theirs, "endpoints": endpoints})
    assert [one.sites for one in found.endpoints] == [("main", "north"), ("west",), ("main",)]
    plain = Service.model_validate({"id": "cad", "endpoints": endpoints[:1]})
    assert (plain.endpoints[0].seen_from, plain.endpoints[0].sites) == (None, ("main",))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"sites": ["n", "n"], "quorum": 1}, "given twice"),
        ({"sites": ["n"], "quorum": 2}, "nothing is ever down"),
        ({"sites": ["n"], "quorum": {"percent": 51, "min_active": 2}}, "nothing is ever known"),
        ({"sites": ["n"], "quorum": {"percent": 0}}, "greater than 0"),
        ({"sites": ["n"], "quorum": 0}, "greater than or equal to 1"),
        ({"sites": ["n"], "quorum": True}, "valid integer"),
        ({"sites": ["n"], "quorum": "most"}, "'any' or 'all'"),
        ({"sites": [], "quorum": 1}, "at least 1 item"),
        ({"sites": ["n@x"], "quorum": 1}, "not an identifier"),
        ({"sites": ["n"]}, "Field required"),
    ],
)
def test_places_that_cannot_be_are_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        endpoint_of({**TCP, "id": "a", "places": said})


def test_a_job_has_no_places() -> None:
    with pytest.raises(ValidationError, match="places"):
        endpoint_of({**JOB, "id": "a", "places": {"sites": ["n"], "quorum": 1}})


def test_the_collectors_own_history_keeps_its_name() -> None:
    assert endpoint_key("force", "login") == endpoint_key("force", "login", "main") == "force/login"
    for site in ("main", "north", "a.b_c-d"):
        assert endpoint_of_key(endpoint_key("force", "login", site)) == ("login", site)


@pytest.mark.parametrize("quorum", ["any", 2, {"percent": "51.5", "of": "active", "min_active": 2}])
def test_a_site_is_told_of_the_places(quorum: Any) -> None:
    endpoint = endpoint_of({**TCP, "id": "a", "places": {"sites": ["n", "s"], "quorum": quorum}})
    assert endpoint_of(spelled(endpoint)) == endpoint
