"""Does to a ledger what commands do, to be killed meanwhile. One interpreter start serves for all.

Reads lines of words with tabs between them; forks for each, which says its process id when it begins; says "dead" when
that has ended.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sla_monitor.clock import SystemClock
from sla_monitor.ledger.housekeeping.checking import backup
from sla_monitor.ledger.housekeeping.increment import bring_up_to_date
from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans
from sla_monitor.ledger.housekeeping.restoring import restore
from sla_monitor.ledger.opening import make_ledger


def nothing(done: int, total: int) -> None:
    """Nobody watches."""


def work(what: str, path: Path, copy: Path) -> None:
    if what == "restore":
        restore(copy, path, SystemClock().now_ms(), nothing)
    elif what == "backup":
        backup(path, copy, nothing)
    elif what == "increment":
        bring_up_to_date(path, copy)
    elif what == "rebuild":
        rebuild_spans(path, nothing)
    elif what == "init":
        make_ledger(path)


def main() -> None:
    for line in sys.stdin:
        what, path, copy = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            print(os.getpid(), flush=True)
            work(what, Path(path), Path(copy))
            os._exit(0)
        os.waitpid(child, 0)
        print("dead", flush=True)


if __name__ == "__main__":
    main()
