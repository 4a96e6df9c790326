"""The forms in which a file can say what was seen, and what each of them comes to."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from sla_monitor.evidence import FileEvidence, read_evidence
from sla_monitor.sla.observation import Outcome, Reason
from tests.evidence.support import CONTRACT, contract_in, entry, evidence, ms, read, written

ALL = (0, ms("2100-01-01T00:00Z"))
UP, DOWN, UNKNOWN = Outcome.UP, Outcome.DOWN, Outcome.UNKNOWN


def told(folder: Path, key: str, *observed: object) -> list[tuple[int, int, Outcome]]:
    spans = read(folder, evidence(observed=list(observed))).spans(*ALL).get(key, [])
    return [(span.start_ms, span.end_ms, span.outcome) for span in spans]


def test_outages_of_a_service_are_those_of_all_its_endpoints_which_were_up_otherwise(tmp_path: Path) -> None:
    stated = {"kind": "outages", "service": "custody", "outages": [{"start": "2026-10-05T14:00Z", "end": "2026-10-06"}]}
    found = read(tmp_path, evidence(observed=[stated])).spans(*ALL)
    assert list(found) == ["small/health", "small/records"]
    assert [(span.start_ms, span.end_ms, span.outcome) for span in found["small/records"]] == [
        (ms("2026-09-30T23:00Z"), ms("2026-10-05T14:00Z"), UP),
        (ms("2026-10-05T14:00Z"), ms("2026-10-05T23:00Z"), DOWN),
        (ms("2026-10-05T23:00Z"), ms("2026-11-01T00:00Z"), UP),
    ]


def test_a_stated_outage_needs_no_confirmation(tmp_path: Path) -> None:
    stated = {"kind": "outages", "endpoint": "health", "outages": [{"start": "2026-10-05", "reason": "timeout"}]}
    spans = read(tmp_path, evidence(observed=[stated])).spans(*ALL)["small/health"]
    assert (spans[-1].outcome, spans[-1].reason) == (DOWN, Reason.TIMEOUT)
    assert spans[-1].probes > 20


def test_an_open_outage_goes_on_to_the_end_and_one_from_before_is_kept_whole(tmp_path: Path) -> None:
    stated = {
        "kind": "outages",
        "endpoint": "health",
        "outages": [{"start": "2026-09-29T00:00Z", "end": "2026-10-02T00:00Z"}, {"start": "2026-10-31T00:00Z"}],
    }
    assert told(tmp_path, "small/health", stated) == [
        (ms("2026-09-29T00:00Z"), ms("2026-10-02T00:00Z"), DOWN),
        (ms("2026-10-02T00:00Z"), ms("2026-10-31T00:00Z"), UP),
        (ms("2026-10-31T00:00Z"), ms("2026-11-01T00:00Z"), DOWN),
    ]


def test_an_open_outage_ends_with_what_was_seen_also_where_the_file_is_of_a_later_day(tmp_path: Path) -> None:
    stated = {"kind": "outages", "endpoint": "health", "outages": [{"start": "2026-10-31T00:00Z"}]}
    found = read(tmp_path, evidence(observed=[stated], at="2026-11-20T00:00:00Z"))
    assert found.as_of_ms == ms("2026-11-20T00:00Z")
    assert found.spans(*ALL)["small/health"][-1].end_ms == ms("2026-11-01T00:00Z")


def test_time_that_nobody_saw_is_neither_up_nor_down_but_an_outage_is_one(tmp_path: Path) -> None:
    of_service = {
        "kind": "outages",
        "service": "custody",
        "unseen": [{"start": "2026-10-05T00:00Z", "end": "2026-10-07T00:00Z"}],
    }
    of_endpoint = {
        "kind": "outages",
        "endpoint": "health",
        "outages": [{"start": "2026-10-06T00:00Z", "end": "2026-10-08T00:00Z"}],
    }
    assert told(tmp_path, "small/health", of_service, of_endpoint)[1:3] == [
        (ms("2026-10-05T00:00Z"), ms("2026-10-06T00:00Z"), UNKNOWN),
        (ms("2026-10-06T00:00Z"), ms("2026-10-08T00:00Z"), DOWN),
    ]
    assert told(tmp_path, "small/records", of_service, of_endpoint)[1][2] is UNKNOWN


def test_spans_are_told_as_they_are(tmp_path: Path) -> None:
    later = {"start": "2026-10-07T00:00Z", "end": "2026-10-08T00:00Z", "outcome": "down", "looks": 1}
    earlier = {"start": "2026-10-05T00:00Z", "end": "2026-10-07T00:00Z", "outcome": "up", "last_look": "2026-10-06"}
    several = {"kind": "spans", "endpoint": "health", "spans": [later, earlier]}
    found = read(tmp_path, evidence(observed=[several])).spans(*ALL)["small/health"]
    assert [(span.start_ms, span.seen_ms, span.probes) for span in found] == [
        (ms("2026-10-05T00:00Z"), ms("2026-10-05T23:00Z"), 1_000),
        (ms("2026-10-07T00:00Z"), ms("2026-10-08T00:00Z"), 1),
    ]


def test_only_spans_that_overlap_the_range_are_given(tmp_path: Path) -> None:
    hours = [f"2026-10-05T{hour:02}:00Z" for hour in range(10)]
    several = [
        {"start": start, "end": end, "outcome": ["up", "down"][i % 2]} for i, (start, end) in enumerate(pairwise(hours))
    ]
    file = read(tmp_path, evidence(observed=[{"kind": "spans", "endpoint": "health", "spans": several}]))
    assert [span.start_ms for span in file.spans(ms(hours[3]), ms(hours[5]))["small/health"]] == [
        ms(hours[3]),
        ms(hours[4]),
    ]
    assert len(file.spans(ms(hours[3]) - 1, ms(hours[5]) + 1)["small/health"]) == 4
    assert file.spans(ms(hours[9]), ms(hours[9]) + 1) == {}


def observations(*several: tuple[str, str]) -> dict[str, object]:
    told = [{"at": f"2026-10-05T14:00:{at}Z", "outcome": outcome, "duration_us": 41_000} for at, outcome in several]
    return {"kind": "observations", "endpoint": "webmail", "every": "10s", "looks": told}


def test_observations_become_spans_whatever_their_order_and_however_often_they_are_told(tmp_path: Path) -> None:
    ordered = [("00", "up"), ("10", "down"), ("20", "down"), ("30", "up"), ("55", "up")]
    expected = [
        (ms("2026-10-05T14:00:00Z"), ms("2026-10-05T14:00:10Z"), UP),
        (ms("2026-10-05T14:00:10Z"), ms("2026-10-05T14:00:30Z"), DOWN),
        (ms("2026-10-05T14:00:30Z"), ms("2026-10-05T14:00:40Z"), UP),
        (ms("2026-10-05T14:00:55Z"), ms("2026-10-05T14:01:05Z"), UP),
    ]
    assert told(tmp_path, "small/webmail", observations(*ordered)) == expected
    assert told(tmp_path, "small/webmail", observations(*ordered[::-1], *ordered)) == expected
    assert told(tmp_path, "small/webmail", observations(*ordered[3:]), observations(*ordered[:3])) == expected


def test_response_times_are_read_from_observations_and_from_samples(tmp_path: Path) -> None:
    watched = observations(("20", "down"), ("00", "up"), ("10", "up"))
    begin, end = ms("2026-10-05T14:00:00Z"), ms("2026-10-05T14:00:20Z")
    for file in (
        read(tmp_path, evidence(observed=[watched])),
        read(tmp_path, evidence(samples=[{"endpoint": "webmail", "looks": watched["looks"]}])),
    ):
        assert list(file.samples("small/webmail", begin, end)) == [
            (begin, UP, 41_000, None),
            (begin + 10_000, UP, 41_000, None),
        ]
        assert list(file.samples("small/health", begin, end)) == []


def test_entries_keep_their_numbers_and_belong_to_one_contract(tmp_path: Path) -> None:
    several = [entry(3, {"kind": "minute", "month": "2026-10"}), entry(12, {"kind": "undo", "about": 3})]
    file = read(tmp_path, evidence(entries=several))
    assert [one.number for one in file.entries("small")] == [3, 12]
    assert list(file.entries("large")) == []


def test_a_file_speaks_of_its_range_as_of_its_end_or_a_later_instant(tmp_path: Path) -> None:
    file = read(tmp_path, evidence())
    assert (file.first_ms("small"), file.until_ms, file.as_of_ms) == (
        ms("2026-09-30T23:00Z"),
        ms("2026-11-01T00:00Z"),
        ms("2026-11-01T00:00Z"),
    )
    assert read(tmp_path, evidence(at="2026-11-09")).as_of_ms == ms("2026-11-09T00:00Z")


def test_a_file_without_an_instant_counts_all_of_its_entries(tmp_path: Path) -> None:
    later = entry(3, {"kind": "minute", "month": "2026-10"})
    assert read(tmp_path, evidence(entries=[later])).as_of_ms == ms("2026-11-02T09:00Z")
    assert read(tmp_path, evidence(entries=[later], at="2026-11-01")).as_of_ms == ms("2026-11-01T00:00Z")


PLACED = CONTRACT.replace("- id: custody\n", "- id: custody\n    places: {sites: [main, north], quorum: all}\n")


def placed(folder: Path, *observed: object, **parts: Any) -> FileEvidence:
    return read_evidence(written(folder, evidence(observed=list(observed), **parts)), contract_in(folder, PLACED))


def test_each_site_has_a_record_of_its_own(tmp_path: Path) -> None:
    """The collector's own is the endpoint's, as in a file that knows of no sites."""
    up = {"start": "2026-10-05T14:00Z", "end": "2026-10-05T15:00Z", "outcome": "up"}
    looks = [{"at": "2026-10-05T14:00:00Z", "outcome": "down", "duration_us": 5}]
    spans = {"kind": "spans", "endpoint": "health", "spans": [up]}
    observed = {"kind": "observations", "endpoint": "health", "site": "north", "every": "10s", "looks": looks}
    found = placed(tmp_path, spans, observed)
    assert {key: several[0].outcome for key, several in found.spans(*ALL).items()} == {
        "small/health": UP,
        "small/health@north": DOWN,
    }
    assert [one[1] for one in found.samples("small/health@north", *ALL)] == [DOWN]
    assert list(found.samples("small/health", *ALL)) == []


def test_an_outage_that_is_stated_without_a_site_was_one_whoever_looked(tmp_path: Path) -> None:
    stated = {"kind": "outages", "service": "custody", "outages": [{"start": "2026-10-05", "end": "2026-10-06"}]}
    everywhere = placed(tmp_path, stated).spans(*ALL)
    assert sorted(everywhere) == ["small/health", "small/health@north", "small/records", "small/records@north"]
    assert len({tuple(several) for several in everywhere.values()}) == 1
    assert sorted(placed(tmp_path, stated | {"site": "north"}).spans(*ALL)) == [
        "small/health@north",
        "small/records@north",
    ]
