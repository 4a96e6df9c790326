"""Whose fault it is: ICMP from the way asks the witness, as a timeout does; our own routing table is ours."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.unreachable import MESSAGES

ROOT = Path(__file__).parents[3]
OFFLINE, OURS = (Outcome.UNKNOWN, Reason.MONITOR_OFFLINE), (Outcome.UNKNOWN, Reason.INTERNAL_ERROR)
EXPECTED = {
    f"ICMPv{message.version} {message.name}": (Outcome.DOWN, Reason.CONNECTION_FAILED) for message in MESSAGES
} | {
    # A port is the server's own; and fragments are made smaller, for as long as there is time.
    "ICMPv4 port unreachable": (Outcome.DOWN, Reason.CONNECTION_REFUSED),
    "ICMPv6 port unreachable": (Outcome.DOWN, Reason.CONNECTION_REFUSED),
    "ICMPv4 fragmentation needed": (Outcome.DOWN, Reason.TIMEOUT),
    "our own route -4 unreachable": OFFLINE,
    "our own route -6 unreachable": OFFLINE,
    "our own route -4 prohibit": OURS,
    "our own route -6 prohibit": OURS,
    "no route of our own": OFFLINE,
}


def test_icmp_from_the_way_is_not_ours_and_our_own_routes_are() -> None:
    """In a network namespace of its own, whose way is a program that answers every packet with an ICMP error."""
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", sys.executable, "-m", "tests.probe.unreachable"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    found = {what: (outcome, reason) for what, outcome, reason in map(json.loads, done.stdout.splitlines())}
    assert found == EXPECTED | {f"{what} over UDP": expected for what, expected in EXPECTED.items()}
