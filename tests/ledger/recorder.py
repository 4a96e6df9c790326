"""A daemon in small: records observations as fast as it can and says which are on disk. It is there to be killed.

Reads the index of a first probe and the ledger, a line each; forks a recorder that begins there and says its process
id; says "dead" when that has been killed. One interpreter start serves for all of them.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path

from sla_monitor.clock import SystemClock
from sla_monitor.ledger import Ledger
from sla_monitor.ledger.reading.packed_hours import HOUR_MS
from tests.ledger.support import DEADLINE_S, DOWN, EVERY_MS, T0, UP, observed

KEYS = "custody/0", "custody/1"


def record(path: Path, first: int) -> None:
    """Print the index of every fifth probe once it, and all before it, are acknowledged."""
    print("began", os.getpid(), flush=True)
    ledger = Ledger.open(path, SystemClock(), commit_within_ms=2)
    for index in count(first):
        ledger.record(observed(index, DOWN if index % 7 < 2 else UP, f"custody/{index % 3}"), EVERY_MS)
        if index % 5 == 0 and ledger.flush(DEADLINE_S):
            print(index, flush=True)
            # hours ahead, that the observations to come are late for
            ledger.keep_samples(KEYS, T0, T0 + (2 + index // 50) * HOUR_MS)


def main() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            first, path = line.rstrip("\n").split(" ", 1)
            record(Path(path), int(first))
        os.waitpid(child, 0)
        print("\ndead", flush=True)  # on a line of its own, wherever the child was when it was killed


if __name__ == "__main__":
    main()
