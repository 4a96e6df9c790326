"""`make kill-loop`: kill -9 of the site, of the daemon, of both, again and again at random moments.

What must hold after each: all that /metrics said was committed is in the ledger, and once; the ledger is whole; what
nobody saw is unknown; no process is left behind. The endpoints are always well: none may ever be DOWN.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from subprocess import PIPE, Popen

from sla_monitor.ledger import read_only
from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.servers import OK, Peer, serving
from tests.support.running import Monitor, calm_estate
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
ENDPOINTS, EVERY_MS = 20, 1_000
FOREVER_MS = 10**15
LONGEST_S = 3.0
COMMITTED = "sla_ledger_committed_observations_total"


def slow(peer: Peer) -> None:
    """Probes are in flight at any moment."""
    while peer.request():
        time.sleep(0.3)
        peer.send(OK)


@dataclass
class Loop:
    """The daemon that lives, and what was found so far. `kept`: rows in the ledger when it was started."""

    monitor: Monitor
    nursery: Popen[str]
    daemon: int = 0
    kept: int = 0
    told: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    blind_s: list[float] = field(default_factory=list)

    def start(self) -> None:
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.kept = rows(self.monitor.ledger)
        self.nursery.stdin.write(f"{self.monitor.settings}\n")
        self.nursery.stdin.flush()
        self.daemon, self.told = int(self.nursery.stdout.readline()), 0

    def acknowledged(self) -> int:
        with suppress(OSError):
            self.told = int(self.monitor.metric(COMMITTED) or self.told)
        return self.kept + self.told

    def wait_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.acknowledged()
            time.sleep(min(0.02, left))

    def sites(self) -> list[int]:
        return sorted(children(self.daemon))

    def kill(self, what: str) -> None:
        """One round, at a random moment of the daemon's or the site's life."""
        wait_until(lambda: self.monitor.status("/-/healthy") == 200)
        wait_until(lambda: bool(self.sites()))
        self.wait_for(random.uniform(0, LONGEST_S))
        sites, began = self.sites(), time.monotonic()
        victims = {"site": sites, "daemon": [self.daemon], "both": random.sample([self.daemon, *sites], 1 + len(sites))}
        for pid in victims[what]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.kills[what] += 1
        if what != "site":
            assert self.nursery.stdout is not None
            assert self.nursery.stdout.readline() == "dead\n"
            wait_until(lambda: not any(lives(pid) for pid in sites))
            assert rows(self.monitor.ledger) >= self.kept + self.told, "something acknowledged is lost"
            self.start()
        before = rows(self.monitor.ledger)
        wait_until(lambda: rows(self.monitor.ledger) > before + 2)
        self.blind_s.append(time.monotonic() - began)

    def end(self) -> None:
        os.kill(self.daemon, signal.SIGTERM)
        assert self.nursery.stdout is not None
        assert self.nursery.stdout.readline() == "dead\n"


def children(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield from map(int, (task / "children").read_text().split())


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def rows(ledger: Path) -> int:
    """Observations in the ledger."""
    if not ledger.exists():
        return 0
    with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as database, suppress(sqlite3.OperationalError):
        return int(database.execute("select count(*) from observations").fetchone()[0])
    return 0


def check(ledger: Path) -> dict[str, float]:
    """What the ledger came to: whole, nothing twice, nobody charged, and no time known that nobody saw."""
    with closing(sqlite3.connect(ledger)) as database:
        assert database.execute("pragma integrity_check").fetchall() == [("ok",)]
        twice = "select count(*) from (select 1 from observations group by endpoint_id, at_ms having count(*) > 1)"
        assert database.execute(twice).fetchone()[0] == 0
    found: Counter[str] = Counter()
    unseen_ms = known_ms = 0
    with read_only(ledger) as reader:
        spans = reader.spans(0, FOREVER_MS)
        for key, several in spans.items():
            seen = list(reader.observations(key, 0, FOREVER_MS))
            assert [one.at_ms for one in seen] == sorted({one.at_ms for one in seen})
            for one in seen:
                found[f"{one.finding.outcome} {one.finding.reason or ''}".strip()] += 1
            known = [span for span in several if span.outcome is not Outcome.UNKNOWN]
            known_ms += sum(span.end_ms - span.start_ms for span in known)
            for a, b in pairwise(seen):
                gap_ms = b.at_ms - a.at_ms - 2 * EVERY_MS
                if gap_ms > 500:
                    unseen_ms += gap_ms
                    middle_ms = (a.at_ms + b.at_ms) // 2
                    assert not any(span.start_ms <= middle_ms < span.end_ms for span in known), (key, a.at_ms)
    assert {line.split()[0] for line in found} <= {Outcome.UP, Outcome.UNKNOWN}, found
    assert {line.split()[1] for line in found if " " in line} <= {Reason.INTERNAL_ERROR, Reason.CLOCK_STEPPED}, found
    return {**found, "seconds known": known_ms / 1000, "seconds in gaps": unseen_ms / 1000}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    chosen = arguments.parse_args()
    random.seed(chosen.seed)
    print(f"seed {chosen.seed}", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = stack.enter_context(serving(slow)).port
        (folder / "monitor").mkdir()
        monitor = Monitor(folder / "monitor", stack.enter_context(calm_estate(folder / "estate")))
        web = {"kind": "http", "url": f"http://127.0.0.1:{port}/", "every": "1s", "timeout": "900ms"}
        monitor.write(endpoints=[web | {"id": f"e{n}"} for n in range(ENDPOINTS)])
        log = stack.enter_context(monitor.log.open("ab"))
        command = [sys.executable, "-m", "tests.e2e.nursery"]
        nursery = stack.enter_context(Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, stderr=log, text=True))
        loop, began = Loop(monitor, nursery), time.monotonic()
        loop.start()
        for number in range(1, chosen.rounds + 1):
            what = random.choice(("site", "daemon", "both"))
            loop.kill(what)
            print(f"{number:4} {what:6} acknowledged {loop.kept + loop.told}, kept {rows(monitor.ledger)}", flush=True)
        loop.end()
        assert rows(monitor.ledger) >= loop.kept + loop.told
        print(f"{chosen.rounds} rounds in {time.monotonic() - began:.0f} s: {dict(loop.kills)}")
        blind = statistics.quantiles(loop.blind_s, n=20)
        print(f"until the next commits: median {statistics.median(loop.blind_s):.1f} s, 95 % {blind[-1]:.1f} s")
        for what, count in check(monitor.ledger).items():
            print(f"{what}: {count:.0f}")
        assert "Traceback" not in monitor.log.read_text(), monitor.log.read_text()
        nursery.communicate()


if __name__ == "__main__":
    main()
