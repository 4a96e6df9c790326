"""Which places saw an outage, and how much each saw, in words."""

from __future__ import annotations

from sla_monitor.assess.assessment import PlaceSight, PlaceTime
from sla_monitor.wording.sights import describe_end, describe_lasted, describe_place, describe_seen_at

HOUR = 3_600_000


def test_what_each_place_saw_stands_beside_its_endpoint() -> None:
    sights = [
        PlaceSight("login", "main", HOUR, HOUR, 0),
        PlaceSight("login", "south", HOUR, 0, 0),
        PlaceSight("login", "north", HOUR, 1, HOUR - 1),
        PlaceSight("login", "west", HOUR, 0, HOUR),
    ]
    seen = "login (down from main and north, up from south, nothing seen from west)"
    assert describe_seen_at(["webmail", "login"], sights) == f"webmail, {seen}"
    assert describe_seen_at(["webmail", "login"], []) == "webmail, login"
    assert describe_seen_at([], sights) == seen, "too slow, where no probe failed"


def test_how_much_a_place_saw() -> None:
    assert describe_place(PlaceTime("login", "main", 0, 0, 0, 0)) == "no coverage yet: there was no agreed time"
    assert describe_place(PlaceTime("login", "main", HOUR, HOUR, 0, 0)) == "saw 100.00 % of the agreed time"
    told = describe_place(PlaceTime("login", "main", 10 * HOUR, 9 * HOUR, 2 * HOUR, HOUR))
    assert told == ("saw 90.00 % of the agreed time; down for 2 h, 1 h of it seen from too few places to count")


def test_an_outage_that_nobody_saw_end_is_not_told_as_over() -> None:
    assert describe_end("14 Mar 10:42", is_seen=True) == "14 Mar 10:42"
    assert describe_end("14 Mar 10:42", is_seen=False) == "14 Mar 10:42 (its end was not seen)"
    assert describe_lasted(HOUR, is_seen=True) == "1 h"
    assert describe_lasted(HOUR, is_seen=False) == "at least 1 h"
