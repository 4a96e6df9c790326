"""`make desk-loop`: kill -9 of the daemon between a click and its answer, over all forms of the desk, again and again.

The daemon is `sla-monitor run`, started anew after each kill. What must hold then is in `tests/web/desk/killing.py`.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

from sla_monitor.clock import SystemClock
from sla_monitor.demo.estate import Estate
from sla_monitor.ledger.opening import make_ledger
from tests.support.running import Monitor
from tests.support.waiting import wait_until
from tests.web.desk.every_form import contract_in, people, stock
from tests.web.desk.house import House, hashed
from tests.web.desk.killing import kill_over_all_forms
from tests.web.running import Parts, web_of

MOST_S = 0.25
"""How long after the click it is killed at the latest: it assesses and probes beside the forms."""


class KilledDaemon(Monitor):
    """The daemon of a desk with every form."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, Estate(folder / "estate"))  # it is never started: the daemon watches a closed port
        parts = Parts(contracts=[contract_in(folder / "contracts")], clock=SystemClock(), ledger=self.ledger)
        self.house = House(web_of(parts), parts, folder)  # it serves nothing
        make_ledger(self.ledger)
        stock(self.house)

    def write(self, **_: Any) -> None:
        contract_in(self.folder / "contracts")
        (self.folder / "password").write_text(hashed())
        settings = {
            "listen": f"127.0.0.1:{self.port}",
            "ledger": {"path": "ledger.db"},
            "assess_every": "1s",
            "desk": {"users": people(self.folder)},
        }
        self.settings.write_text(json.dumps(settings))

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        return self.status("/sign-in") == 200

    def live(self) -> None:
        self.start()

    def die(self) -> None:
        sites = self.sites()
        assert self.stop(signal.SIGKILL) == -signal.SIGKILL
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in sites))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = arguments.parse_args()
    random.seed(chosen.seed)
    print(f"seed {chosen.seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        daemon, began = KilledDaemon(Path(folder)), time.monotonic()
        daemon.live()
        try:
            for turn, met in enumerate(kill_over_all_forms(daemon, chosen.rounds, MOST_S), 1):
                print(f"{turn:4} {met}", flush=True)
            assert daemon.stop() == 0
        finally:
            if daemon.process is not None and daemon.process.poll() is None:
                daemon.stop(signal.SIGKILL)
        assert "Traceback" not in daemon.log.read_text(), daemon.log.read_text()
        print(
            f"{chosen.rounds} kills in {time.monotonic() - began:.0f} s: nothing twice, nothing by half, nothing lost"
        )


if __name__ == "__main__":
    main()
