"""What a sealed day costs: bytes and processor time of an observation, on observations that the program made itself.

    python -m bench.archive [--seconds 120] [--endpoints 50] [--ledger LEDGER --contract ID]

A daemon probes a local server over HTTPS every second, and its record is written as a day of each precision; then a day
of a hundred endpoints every 60 s, each with times that were measured (a short record has no more than its footer to
show). With --ledger, the observations of a ledger that is there.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from bench.case import Case
from bench.process import daemon_running, free_port, say, supplier_running
from sla_monitor.archive import table
from sla_monitor.ledger.reading.whole_days import Marks, WholeDays

AIMS: dict[table.Precision, float] = {"us": 9.3, "ms": 2.6, "none": 0.7}
ENDPOINTS, EVERY_MS, DAY_MS = 100, 60_000, 86_400_000


def recorded(ledger: Path, contract: str) -> list[table.Row]:
    """Every observation of a contract, by endpoint and time."""
    with closing(WholeDays(ledger)) as days, days.day(contract, 0, 2**62, Marks()) as record:
        return [table.Row(*row) for row in record.rows()]


def probed(seconds: int, endpoints: int) -> list[table.Row]:
    """What a daemon records in so long of a local server, each endpoint every second."""
    with supplier_running() as supplier, tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        settings = Case(endpoints, "https", "fresh").write(folder, supplier, port)
        contract = folder / "contracts/bench.yaml"
        contract.write_text(contract.read_text().replace("every: 10s, timeout: 5s", "every: 1s, timeout: 1s"))
        with daemon_running(settings, port):
            time.sleep(seconds)
        return recorded(folder / "ledger.db", "bench")


def a_day(rows: Sequence[table.Row]) -> Iterator[table.Row]:
    """A day of ENDPOINTS, each with observations of one that was recorded, as late as those were."""
    chance, several = random.Random(17), defaultdict(list)
    for row in rows:
        several[row.endpoint].append(row)
    keys = sorted(several)
    for number in range(ENDPOINTS):
        own, phase_ms = several[keys[number % len(keys)]], chance.randrange(EVERY_MS // 50) * 50
        usual_ms = min(row.at_ms % 50 for row in own)
        for at_ms in range(phase_ms, DAY_MS, EVERY_MS):
            row = chance.choice(own)
            yield row._replace(
                endpoint=f"bench/endpoint-{number:03}", at_ms=at_ms + row.at_ms % 50 - usual_ms, every_ms=EVERY_MS
            )


def cost(name: str, rows: Sequence[table.Row]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "observations.parquet"
        for precision, shape in table.SHAPES.items():
            began = time.process_time()
            table.write(path, shape, rows)
            us = (time.process_time() - began) / len(rows) * 1e6
            assert table.difference(path, shape, rows) is None
            size = path.stat().st_size / len(rows)
            print(f"  {name}, phases {precision}: {size:.2f} bytes, {us:.1f} us (aim: {AIMS[precision]} bytes)")


def archive_cost(seconds: int = 60, endpoints: int = 50) -> None:
    """Told on standard output."""
    say(f"archive: probing for {seconds} s")
    rows = probed(seconds, endpoints)
    print(f"an observation in a sealed day, of {len(rows)} that the program made:")
    cost("as recorded", rows)
    cost(f"a day of {ENDPOINTS} endpoints", list(a_day(rows)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.archive", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--endpoints", type=int, default=50)
    parser.add_argument("--ledger", type=Path)
    parser.add_argument("--contract", default="bench")
    given = parser.parse_args()
    if given.ledger is None:
        archive_cost(given.seconds, given.endpoints)
    else:
        cost(str(given.ledger), recorded(given.ledger, given.contract))


if __name__ == "__main__":
    main()
