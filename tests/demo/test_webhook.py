"""The demo's desk: what it prints of a message, one line for each alert, harmless for a terminal."""

from __future__ import annotations

import json

from sla_monitor.demo.webhook import Desk


def printed(*alerts: dict[str, object]) -> list[str]:
    lines: list[str] = []
    desk = Desk(lines.append)
    assert desk.take("police-pager", json.dumps({"alerts": list(alerts)}).encode()) == 200
    return lines


def test_the_desk_says_what_is_wrong_and_what_has_become_of_it() -> None:
    said = {"summary": "Custody is down.", "resolved": "Custody recovered at 3 Oct 2026 14:05:00 BST, after 50 s."}
    more = {"reason": "login: timeout", "since": "3 Oct 2026 14:04:10 BST", "allowance_left": "not known"}
    labels = {"alertname": "SlaServiceDown", "severity": "critical"}
    assert printed(
        {"status": "firing", "labels": labels, "annotations": {**said, **more}},
        {"status": "resolved", "labels": labels, "annotations": {**said, **more}},
        {"status": "firing", "labels": {"alertname": "SlaWatchdog", "severity": "none"}, "annotations": {}},
        {"status": "resolved", "labels": {"alertname": "Other"}, "annotations": {}},
    ) == [
        "police-pager receives: CRITICAL: Custody is down. Reason: login: timeout. Since 3 Oct 2026 14:04:10 BST.",
        "police-pager receives: RESOLVED: Custody recovered at 3 Oct 2026 14:05:00 BST, after 50 s.",
        "police-pager receives: SlaWatchdog",
        "police-pager receives: RESOLVED: Other is over.",
    ]


def test_what_others_wrote_moves_no_terminal() -> None:
    (line,) = printed({"status": "firing", "labels": {}, "annotations": {"summary": "down\x1b[2J\nand out"}})
    assert line.isprintable()


def test_what_is_no_message_is_refused() -> None:
    assert Desk().take("pager", b"{}") == 400
    assert Desk().take("pager", b"\xff") == 400
