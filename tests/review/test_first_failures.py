"""What failed probes said: from the ledger into the page, the claim and the file of outages."""

from __future__ import annotations

import json
from pathlib import Path

from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger, read_only
from sla_monitor.review.claim_document import claim_pack
from sla_monitor.review.first_failures import first_failures, outages_file
from sla_monitor.review.pack_input import unseen
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.sla.spans import Span
from tests.review import estate, hostile
from tests.review.estate import MINUTE, OCTOBER

KEY = "partnership/front"


def recorded(path: Path, *first_failures: tuple[int, Finding]) -> None:
    with Ledger.open(path, SystemClock()) as ledger:
        for at_ms, finding in first_failures:
            ledger.record(Observation(KEY, at_ms, finding), MINUTE)
        assert ledger.flush(20)


def test_the_first_failed_observation_of_a_range_comes_with_what_was_kept(tmp_path: Path) -> None:
    up, down = Finding(Outcome.UP), Finding(Outcome.DOWN, Reason.TIMEOUT, "nothing in 5 s", evidence=b"half an answ")
    unknown = Finding(Outcome.UNKNOWN, Reason.MONITOR_OFFLINE)
    later = Finding(Outcome.DOWN, Reason.STATUS_UNEXPECTED, "status 500", status=500)
    kinds = (up, down, down, unknown, up, later)
    recorded(tmp_path / "l.db", *((number * MINUTE, kind) for number, kind in enumerate(kinds, start=1)))
    with read_only(tmp_path / "l.db") as reader:
        assert reader.first_failed(KEY, 0, 10 * MINUTE) == Observation(KEY, 2 * MINUTE, down)
        inside = reader.first_failed(KEY, 2 * MINUTE + 1, 10 * MINUTE)
        assert inside is not None
        assert inside.at_ms == 3 * MINUTE
        after = reader.first_failed(KEY, 4 * MINUTE, 10 * MINUTE)
        assert after is not None
        assert (after.at_ms, after.finding.detail) == (6 * MINUTE, "status 500")
        assert reader.first_failed(KEY, 4 * MINUTE, 6 * MINUTE) is None
        assert reader.first_failed("partnership/other", 0, 10 * MINUTE) is None


def test_a_packs_observations_are_those_at_the_beginning_of_each_outage(tmp_path: Path) -> None:
    one = estate.case().assessment
    outage = one.services[1].outages[0]
    refused = Finding(Outcome.DOWN, Reason.CONNECTION_REFUSED, "refused by 192.0.2.7:443")
    recorded(tmp_path / "l.db", (outage.start_ms, refused), (outage.start_ms + MINUTE, refused))
    with read_only(tmp_path / "l.db") as reader:
        found = first_failures(one, reader.first_failed)
    assert found["front", outage.start_ms] == Observation(KEY, outage.start_ms, refused)
    assert all(place[0] == "front" for place in found)


def test_a_claim_has_an_excerpt_of_each_response() -> None:
    section = next(one for one in claim_pack(estate.case(), "KPI1").sections if one.id == "responses")
    (table,) = section.tables
    assert [cell.text for cell in table.rows[0]] == [
        "8 Oct 2026 00:15:00 BST", "front", "<h1>Outage 1 of Command and control</h1> Nobody is here.",
    ]  # fmt: skip
    assert len(table.rows) == 3


def test_the_file_of_outages_has_all_that_was_kept_in_letters_that_do_nothing() -> None:
    content = outages_file(hostile.case())
    assert content.isascii()
    assert b"\x1b" not in content
    said = json.loads(content)
    assert (said["format"], said["version"], said["looks"]) == ("sla-monitor-outages", 1, "on record")
    first = said["outages"][0]["endpoints"][0]["first_failed_look"]
    assert first["detail"] == hostile.TEXTS[0]
    assert hostile.TEXTS[5] in first["response"]
    assert first["response"].startswith("\ufffd\ufffd<script>")
    assert said["outages"][0]["endpoints"][1] == {"endpoint": "back", "first_failed_look": None}


def test_a_claims_file_of_outages_is_about_its_service_alone() -> None:
    said = json.loads(outages_file(estate.case(), "KPI2"))
    assert {one["service"] for one in said["outages"]} == {"custody"}


class Seen:
    """Evidence with a contract of ours and another's."""

    def spans(self, start_ms: int, end_ms: int) -> dict[str, list[Span]]:
        at = OCTOBER.start_ms
        stepped = Span(at + 20, at + 30, at + 20, Outcome.UNKNOWN, Reason.CLOCK_STEPPED, 1)
        return {
            "partnership/a": [Span(at - 50, at + 10, at, Outcome.UP, None, 9), stepped],
            "partnership/b": [stepped, Span(at + 30, at + 40, at + 30, Outcome.DOWN, Reason.TIMEOUT, 1)],
            "partnership-2/a": [Span(at, at + 99, at, Outcome.UNKNOWN, Reason.INTERNAL_ERROR, 1)],
        }


def test_faults_are_told_once_for_all_endpoints_and_only_this_contracts() -> None:
    at = OCTOBER.start_ms
    assert unseen(estate.case().assessment, Seen()) == {
        Reason.CLOCK_STEPPED: [(at + 20, at + 30)],
        None: [(at + 10, at + 20), (at + 40, OCTOBER.end_ms)],
    }
