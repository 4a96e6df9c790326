"""Which places saw an outage, and how much each saw, in words."""

from __future__ import annotations

from sla_monitor.assess.assessment import PlaceSight, PlaceTime
from sla_monitor.wording.sights import describe_place, describe_seen_at

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
