"""What each site saw of an endpoint that several probe: through the whole assessment."""

from __future__ import annotations

from typing import Any

import pytest

from sla_monitor.assess import ContractAssessment, Sample, assess_contract, assess_month
from sla_monitor.assess.assessment import PlaceSight, PlaceTime
from sla_monitor.contract.contract import Contract, TermsVersion
from sla_monitor.sla.observation import Reason
from sla_monitor.sla.spans import Span
from tests.assess.records import (
    DAY,
    DOWN,
    HOUR,
    JULY,
    JUNE,
    MINUTE,
    UNKNOWN,
    UP,
    Record,
    endpoint,
    entries,
    one_version,
    service,
    span,
    terms,
    with_outages,
)

THREE = {"sites": ["main", "north", "south"], "quorum": 2}
AT = JUNE + 9 * DAY


def parts(places: dict[str, Any] | None = THREE, *kpis: dict[str, Any], **counting: Any) -> dict[str, Any]:
    plain = {"id": "K", "service": "cad", "target": 99, "counting": counting}
    return {
        "accounting": {"confirmation": 2, "coverage_floor": 0},
        "services": [service("cad", endpoint(every="1m"), **({"places": places} if places else {}))],
        "kpis": [plain, *kpis],
        "relief": {"four_eyes": False},
    }


def contract(places: dict[str, Any] | None = THREE, *kpis: dict[str, Any], **counting: Any) -> Contract:
    return one_version(**parts(places, *kpis, **counting))


def whole(*outages: tuple[int, int]) -> list[Span]:
    """Up in June but for outages, from `AT` on."""
    several = [(AT + start_ms, AT + end_ms) for start_ms, end_ms in outages]
    return with_outages(JUNE - 2 * DAY, JULY + 2 * DAY, *several, reason=Reason.TIMEOUT)


def june(
    terms: Contract, said: tuple[Any, ...] = (), observed: dict[str, list[Sample]] | None = None, **sites: Any
) -> ContractAssessment:
    seen = {"login" if site == "main" else f"login@{site}": spans for site, spans in sites.items()}
    record = Record(seen, observed or {}, entries(*said))
    return assess_month(terms, record, "2026-06", JULY + 3 * DAY)


def seen_by(found: ContractAssessment) -> list[tuple[str, str, int]]:
    (outage,) = found.services[0].outages
    assert outage.places == found.kpis[0].outages[0].places
    return [(one.site, f"{one.outcome}", one.down_ms // MINUTE) for one in outage.places]


def test_an_outage_says_which_places_saw_it() -> None:
    """Two of three from the tenth minute on; what only the second saw before is no part of it."""
    found = june(contract(), main=whole((10 * MINUTE, HOUR)), north=whole((0, HOUR)), south=whole())
    (outage,) = found.services[0].outages
    assert (outage.start_ms, outage.end_ms) == (AT + 10 * MINUTE, AT + HOUR)
    assert (outage.downtime_ms, outage.reason, outage.endpoints) == (50 * MINUTE, Reason.TIMEOUT, ("login",))
    assert seen_by(found) == [("main", "down", 50), ("north", "down", 50), ("south", "up", 0)]
    assert found.kpis[0].views["agreed"].downtime_ms == 50 * MINUTE
    line = "login: probed from main, north, south; down while 2 of 3 see it down. A place that saw nothing has no say."
    assert line in found.accounting


def test_what_one_place_saw_alone_is_no_outage_and_is_told_all_the_same() -> None:
    found = june(contract(), main=whole((0, HOUR)), north=whole(), south=whole())
    assert found.services[0].outages == ()
    whole_ms = found.services[0].agreed_ms
    assert found.services[0].places == (
        PlaceTime("login", "main", whole_ms, whole_ms, HOUR, HOUR),
        PlaceTime("login", "north", whole_ms, whole_ms, 0, 0),
        PlaceTime("login", "south", whole_ms, whole_ms, 0, 0),
    )


def test_a_place_that_never_saw_anything_has_no_coverage_and_no_say() -> None:
    found = june(contract(), main=whole((0, HOUR)), north=whole((0, HOUR)))
    assert seen_by(found) == [("main", "down", 60), ("north", "down", 60), ("south", "unknown", 0)]
    assert [one.coverage_ratio for one in found.services[0].places] == [1, 1, 0]
    assert found.services[0].coverage_ratio == 1


def test_one_place_is_told_as_ever() -> None:
    found = june(contract(None), main=whole((0, HOUR)))
    assert found.services[0].places == found.services[0].outages[0].places == ()
    assert found.services[0].downtime_ms == HOUR
    assert june(contract({"sites": ["main"], "quorum": "any"}), main=whole((0, HOUR))).services[0].downtime_ms == HOUR
    elsewhere = june(contract({"sites": ["north"], "quorum": "any"}), main=whole(), north=whole((0, HOUR)))
    assert elsewhere.services[0].downtime_ms == HOUR


def test_the_register_speaks_of_the_endpoint_and_not_of_a_place() -> None:
    said = {"kind": "correction", "endpoints": ["login"], "start": AT, "end": AT + HOUR, "outcome": "up"}
    found = june(contract(), (said,), main=whole((0, HOUR)), north=whole((0, HOUR)), south=whole())
    assert found.services[0].downtime_ms == 0
    assert [one.down_ms for one in found.services[0].places] == [HOUR, HOUR, 0], "what was seen was seen"


def test_a_place_is_added_in_mid_month() -> None:
    """Until the 11th one place alone decides; then two of three do."""
    change = AT + DAY
    versions = TermsVersion(0, terms(**parts(None))), TermsVersion(change, terms(**parts(THREE)))
    day_ms = 2 * DAY
    alone, together_ms = (0, HOUR), (day_ms, day_ms + HOUR)
    found = june(
        Contract(versions),
        main=whole(alone, together_ms, (3 * DAY, 3 * DAY + HOUR)),
        north=[one for one in whole(together_ms) if one.end_ms > change],
        south=[span(change, JULY + 2 * DAY, UP)],
    )
    outages = found.services[0].outages
    assert [(one.start_ms, one.downtime_ms) for one in outages] == [(AT, HOUR), (AT + day_ms, HOUR)]
    assert [len(one.places) for one in outages] == [0, 3]
    assert [one.coverage_ratio for one in found.services[0].places] == [1, 1, 1], "of the time in which they were asked"


def test_an_outage_over_the_change_is_one() -> None:
    change = AT + 30 * MINUTE
    two = {"sites": ["main", "north"], "quorum": "all"}
    versions = TermsVersion(0, terms(**parts(two))), TermsVersion(change, terms(**parts(THREE)))
    found = june(Contract(versions), main=whole((0, HOUR)), north=whole((0, HOUR)), south=whole())
    (outage,) = found.services[0].outages
    assert outage.downtime_ms == HOUR
    half = 30 * MINUTE
    assert outage.places == (
        PlaceSight("login", "main", HOUR, HOUR, 0),
        PlaceSight("login", "north", HOUR, HOUR, 0),
        PlaceSight("login", "south", half, 0, 0),
    )


def test_a_quarter_joins_what_places_saw_over_the_edge_of_a_month() -> None:
    over = JULY - AT - HOUR, JULY - AT + HOUR
    quarter = contract()
    long = one_version(
        **{**parts(THREE), "kpis": [{"id": "K", "service": "cad", "target": 99, "measurement_months": 3}]}
    )
    seen = {"login": whole(over), "login@north": whole(over), "login@south": whole()}
    told = assess_month(long, Record(seen), "2026-08", JULY + 100 * DAY)
    assert [one.whole_ms for outage in told.kpis[0].outages for one in outage.places] == [2 * HOUR] * 3
    assert assess_month(quarter, Record(seen), "2026-07", JULY + 3 * DAY).services[0].downtime_ms == HOUR


def probes(*failed: int, us: int = 100_000) -> list[Sample]:
    """One a minute in June; those of these minutes from `AT` on fail."""
    first = (AT - JUNE) // MINUTE
    return [(JUNE + n * MINUTE, DOWN if n - first in failed else UP, us, None) for n in range((JULY - JUNE) // MINUTE)]


ERRORS = {"id": "E", "indicator": "error_rate", "service": "cad", "target": 1, "slot": "1h"}
TIMES = {"id": "T", "indicator": "response_time", "service": "cad", "statistic": "mean", "target": "500ms"}


def test_the_failed_probes_of_a_place_that_is_outvoted_are_no_failed_requests() -> None:
    """An hour of one path counts for nothing; a probe that fails here or there is an error like any other."""
    seen: dict[str, Any] = {"main": whole((0, HOUR)), "north": whole(), "south": whole()}
    terms, month_of_hours = contract(THREE, ERRORS), (JULY - JUNE) // HOUR
    observed = {"login": probes(*range(60)), "login@north": probes(), "login@south": probes(600)}
    found = june(terms, observed=observed, **seen)
    value = found.kpis[1].views["agreed"].value
    assert value is not None
    assert (100 - value) * month_of_hours == pytest.approx(100 / 180)
    both = {**observed, "login@north": probes(*range(60))}
    seen["north"] = whole((0, HOUR))
    value = june(terms, observed=both, **seen).kpis[1].views["agreed"].value
    assert value is not None
    assert (100 - value) * month_of_hours == pytest.approx(200 / 3 + 100 / 180)


def test_response_times_are_those_of_all_places() -> None:
    seen: dict[str, Any] = {"main": whole(), "north": whole(), "south": whole()}
    observed = {"login": probes(us=100_000), "login@north": probes(us=200_000), "login@south": probes(us=600_000)}
    found = june(contract(THREE, TIMES), observed=observed, **seen)
    assert found.kpis[1].views["agreed"].value == 300


def test_the_share_of_failed_requests_is_that_of_all_places() -> None:
    """Half of all probes of five minutes: no place that is outvoted takes part."""
    rule = {"failed_requests": {"percent": 50, "slot": "5m"}}
    seen: dict[str, Any] = {"main": whole((0, HOUR)), "north": whole((0, 5 * MINUTE)), "south": whole()}
    observed = {"login": probes(*range(60)), "login@north": probes(*range(5)), "login@south": probes()}
    found = june(contract(THREE, **rule), observed=observed, **seen)
    assert found.kpis[0].views["agreed"].downtime_ms == 5 * MINUTE


def test_answers_that_are_too_slow_are_judged_by_each_place() -> None:
    rule = {"slow_as_down": {"promised": "1s", "multiple": 2}}
    seen: dict[str, Any] = {"main": whole(), "north": whole(), "south": whole()}
    slow: list[Sample] = [
        (at, outcome, 3_000_000 if AT <= at < AT + HOUR else us, None) for at, outcome, us, _ in probes()
    ]
    found = june(
        contract(THREE, **rule), observed={"login": slow, "login@north": slow, "login@south": probes()}, **seen
    )
    (outage,) = found.kpis[0].outages
    assert outage.downtime_ms == HOUR
    assert [(one.site, one.outcome) for one in outage.places] == [("main", DOWN), ("north", DOWN), ("south", UP)]
    alone = june(
        contract(THREE, **rule), observed={"login": slow, "login@north": probes(), "login@south": probes()}, **seen
    )
    assert alone.kpis[0].outages == ()


@pytest.mark.parametrize(
    ("failing", "state"),
    [((), UP), (("main",), UP), (("main", "north"), DOWN), (("main", "north", "south"), DOWN)],
)
def test_the_state_now_is_by_the_quorum_of_those_that_see_it(failing: tuple[str, ...], state: Any) -> None:
    now_ms = AT + HOUR
    up, down = [span(JUNE, now_ms, UP)], [span(JUNE, AT, UP), span(AT, now_ms, DOWN)]
    keys = {"main": "login", "north": "login@north", "south": "login@south"}
    seen = {key: down if site in failing else up for site, key in keys.items()}
    found = assess_contract(contract(), Record(seen), now_ms).services[0]
    assert found.state == state
    assert (found.open_outage is not None) == (state == DOWN)


def test_all_places_cut_off_is_unknown() -> None:
    now_ms = AT + HOUR
    gone = [span(JUNE, AT, UP), span(AT, now_ms, UNKNOWN)]
    found = assess_contract(contract(), Record({"login": gone, "login@north": gone, "login@south": gone}), now_ms)
    assert found.services[0].state == UNKNOWN
    assert found.services[0].unknown_ms == HOUR
