"""The month that the demo's desk begins with: valid on every day, and all of it in the past but what is to come."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from sla_monitor.configuration import Configuration, read_configuration
from sla_monitor.demo.estate import Ports
from sla_monitor.demo.last_month import SERVICES, ZONE, last_month, made_up
from sla_monitor.demo.people import CONTRACT, LISTEN, PEOPLE, write_desk_demo
from sla_monitor.evidence.reading import checked, spelled_content
from sla_monitor.settings.desk.doubts import desk_doubts
from tests.web.desk.house import hashed

DAYS = [datetime(2026, month, 1, 0, 1, tzinfo=ZONE) for month in range(1, 13)]
DAYS += [datetime(2027, 3, 31, 23, 59, tzinfo=ZONE), datetime(2028, 2, 29, 12, tzinfo=ZONE)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    """A desk's demo, as its monitor reads it."""
    folder = tmp_path_factory.mktemp("demo")
    return read_configuration(write_desk_demo(folder, Ports().moved(7), LISTEN + 7, hashed(), "2025-12"))


def test_it_is_valid_on_every_day_and_nothing_of_it_was_entered_before_it_happened(demo: Configuration) -> None:
    (contract,) = demo.contracts
    for now in DAYS:
        document = checked(spelled_content(json.dumps(made_up(now)).encode(), "made up"), contract)
        assert document.seen.until_ms <= document.as_of_ms == int(now.timestamp() * 1000)
        assert all(one.at_ms < document.seen.until_ms for one in document.entries), now
        claim, booking = document.entries[1].body, document.entries[3]
        assert claim.kind == "claim"
        assert claim.end_ms < document.entries[1].at_ms
        assert booking.body.kind == "maintenance"
        assert booking.body.start_ms - document.as_of_ms > timedelta(days=13) / timedelta(milliseconds=1), now


def test_it_tells_of_every_service_of_the_contract(demo: Configuration) -> None:
    assert [service.id for service in demo.contracts[0].versions[-1].terms.services] == list(SERVICES)
    assert last_month(DAYS[0]) == "2025-12"


def test_the_settings_name_the_people_point_at_the_moved_estate_and_raise_no_doubt(demo: Configuration) -> None:
    settings = demo.settings
    assert settings.listen == f"127.0.0.1:{LISTEN + 7}"
    assert {user.name: [(role.role, role.contracts) for role in user.roles] for user in settings.desk.users} == {
        name: [(role, None if name == "auditor" else (CONTRACT,))] for name, (_, role) in PEOPLE.items()
    }
    assert list(desk_doubts(settings.desk, {CONTRACT: "Boeing"}, ())) == []
    assert [one.port for one in settings.witnesses if one.kind == "tcp"] == [Ports().witness + 7]
