"""Alike events become one row, whatever is typed and however often."""

from __future__ import annotations

from sla_monitor.ledger.recording.audit import AuditEvent
from sla_monitor.web.identity.audit_log import HELD, WINDOW_MS, WINDOWS, AuditLog


def event(at_ms: int, actor: str = "", subject: str = "", address: str = "10.0.0.1") -> AuditEvent:
    return AuditEvent(at_ms, at_ms, "refused", actor, subject=subject, addresses=address)


def test_the_first_is_told_at_once_and_the_rest_together() -> None:
    log = AuditLog()
    for number in range(1000):
        log.note(event(number, address=f"10.0.0.{number % 9}"))
    assert log.due(1000) == [event(0, address="10.0.0.0")]
    assert log.due(WINDOW_MS - 1) == []
    (rest,) = log.due(WINDOW_MS)
    assert (rest.at_ms, rest.until_ms, rest.count) == (1, 999, 999)
    assert rest.addresses == "10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, and others"
    log.note(event(WINDOW_MS))
    assert len(log.due(WINDOW_MS)) == 1


def test_other_people_and_other_things_are_other_rows() -> None:
    log = AuditLog()
    for one in (event(1, "ann"), event(2, "bob"), event(3, "ann", "a.pdf"), event(4, "ann")):
        log.note(one)
    assert [one.at_ms for one in log.due(5)] == [1, 2, 3]
    assert [one.at_ms for one in log.due(5, is_end=True)] == [4]


def test_a_flood_of_unlike_events_is_bounded_and_counted() -> None:
    log = AuditLog()
    for number in range(WINDOWS * 3):
        log.note(event(number, subject=f"{number}"))
    found = log.due(0, is_end=True)
    assert len(found) <= WINDOWS + 2
    assert sum(one.count for one in found) == WINDOWS * 3
    assert found[-1].subject == "others"


def test_what_could_not_be_written_comes_again_first() -> None:
    log = AuditLog()
    log.note(event(1, "ann"))
    due = log.due(1)
    log.note(event(2, "bob"))
    log.hand_back(due)
    assert [one.actor for one in log.due(2)] == ["ann", "bob"]
    log.hand_back([event(1)] * (HELD + 5))
    found = log.due(2)
    assert (len(found), sum(one.count for one in found)) == (HELD, HELD + 5)
    assert found[-1].event == "not-kept"
