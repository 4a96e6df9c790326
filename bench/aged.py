"""What ten years of a contract cost: a start, an assessment, an entry, beside the same at a tenth of the age.

    python -m bench.aged [--cache FOLDER] [--only tenth]

Builds the ledgers once into a cache folder outside the tree (2.4 GB, some minutes, anew each month), and measures on a
copy. Processor seconds, user and system, of whole processes: the daemon with no kept answers and with them, then each
command by itself beside what the daemon has kept. Progress goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sla_monitor
from bench.aged_ledger import EACH, EVERY_MS, SERVICES, Aged, built
from bench.process import BenchError, Daemon, free_port, say
from sla_monitor import names
from sla_monitor.archive.sealing import DAY_MS, Sealer
from sla_monitor.cli.ledger.seal import day_of
from sla_monitor.clock import SystemClock
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.ledger import Ledger
from sla_monitor.ledger.reading.whole_days import Marks, WholeDays
from sla_monitor.periods.months import shifted
from sla_monitor.signing import SigningKey
from sla_monitor.sla.observation import Finding, Observation, Outcome, Phases

SIZES = {"tenth": 11, "full": 115}
"""Months that are over."""

AIMS: Mapping[str, str] = {
    "start to ready, cold": "2",
    "start to ready, warm": "2",
    "first complete figures, cold": "5 once",
    "first complete figures, warm": "2",
    "status page, worst, ms": "held",
    "/metrics, worst, ms": "held",
    "memory of the daemon, MB": "120",
    "assess of the last month": "2",
    "assess of a month of the first year": "2",
    "review of the last month, all formats": "5",
    "annual roll-up": "10",
    "register add minute": "1",
    "register add correction of an old month": "5",
    "assess of the last month after it": "",
    "register list": "1",
    "ledger check": "held",
    "ledger check --since-sealed": "2",
    "ledger backup": "",
    "ledger backup --incremental, a day": "1",
}
FIGURES_S = 600.0


def measured(aged: Aged) -> dict[str, float]:
    """By operation, on a copy of a ledger."""
    with tempfile.TemporaryDirectory(dir=aged.ledger.parent) as name:
        folder = Path(name)
        copy = folder / "ledger.db"
        shutil.copyfile(aged.ledger, copy)
        port = free_port()
        settings = folder / "sla-monitor.yaml"
        told = {"listen": f"127.0.0.1:{port}", "ledger": {"path": str(copy)}, "reviews": {"automatic": False}}
        settings.write_text(json.dumps({**told, "archive": {"folder": str(folder / "archive")}}))
        shutil.copytree(aged.settings.parent / "contracts", folder / "contracts")
        found = {**_daemon(settings, port, "cold"), **_daemon(settings, port, "warm")}
        for what, figure in found.items():
            say(f"  {what}: {figure:.2f}")
        found |= _commands(settings, aged, folder)
        return found


def _daemon(settings: Path, port: int, kind: str) -> dict[str, float]:
    daemon = Daemon(settings, port)
    try:
        daemon.wait_until_ready()
        found = {f"start to ready, {kind}": daemon.cpu_seconds()}
        deadline = time.monotonic() + FIGURES_S
        while not daemon.value(names.ASSESS_DURATION):
            if time.monotonic() > deadline:
                raise BenchError(f"no figures after {FIGURES_S:.0f} s")
            time.sleep(0.1)
        found[f"first complete figures, {kind}"] = daemon.cpu_seconds()
        if kind == "warm":
            time.sleep(20)  # another assessment, and all that it makes
            for what, path in (("status page", "/"), ("/metrics", "/metrics")):
                found[f"{what}, worst, ms"] = max(_ms(daemon, path) for _ in range(10))
            found["memory of the daemon, MB"] = daemon.memory_mb()
        return found
    finally:
        daemon.stop()


def _ms(daemon: Daemon, path: str) -> float:
    began = time.monotonic()
    daemon.get(path)
    return (time.monotonic() - began) * 1000


def _commands(settings: Path, aged: Aged, folder: Path) -> dict[str, float]:
    first, last = aged.months
    old = shifted(first, 7)
    config = ["--config", str(settings)]
    span = ["--start", f"{old}-10T10:00Z", "--end", f"{old}-10T10:20Z"]
    packs = ["--output", str(folder / "packs")]
    add = ["--yes", "--note", "Said at the meeting.", *config]
    wrong = ["register", "add", "correction", "aged", "--endpoint", "e1-1", *span, "--outcome", "up", *add]
    several = {
        "assess of the last month": ["assess", "aged", *config],
        "assess of a month of the first year": ["assess", "aged", "--period", old, *config],
        "review of the last month, all formats": ["review", "aged", *packs, *config],
        "annual roll-up": ["review", "aged", "--months", "12", *packs, *config],
        "register list": ["register", "list", "aged", *config],
        "register add minute": ["register", "add", "minute", "aged", "--month", last, *add],
        "register add correction of an old month": wrong,
        "assess of the last month after it": ["assess", "aged", *config],
        "ledger backup": ["ledger", "backup", str(folder / "backup.db"), *config],
        _INCREMENTAL: ["ledger", "backup", "--incremental", str(folder / "backup.db"), *config],
        "ledger check --since-sealed": ["ledger", "check", "--since-sealed", *config],
        "ledger check": ["ledger", "check", *config],
    }
    found = {}
    _seal_yesterday(aged, folder)
    for what, words in several.items():
        if what == _INCREMENTAL:
            _record_a_day(folder / "ledger.db")
        found[what] = _cpu_seconds(words)
        say(f"  {what}: {found[what]:.2f}")
    return found


_INCREMENTAL = "ledger backup --incremental, a day"


def _record_a_day(ledger: Path) -> None:
    """As many observations as a day has, in the milliseconds that have just gone by."""
    clock = SystemClock()
    with Ledger.open(ledger, clock) as opened:
        rounds = DAY_MS // EVERY_MS
        start_ms = clock.now_ms() - rounds
        for at_ms in range(start_ms, start_ms + rounds):
            for number in range(SERVICES * EACH):
                finding = Finding(Outcome.UP, duration_us=1_500, phases=Phases(first_byte_us=900))
                opened.record(Observation(f"aged/e{number // EACH}-{number % EACH}", at_ms, finding), EVERY_MS)
        if not opened.flush(FIGURES_S):
            raise BenchError("a day's observations are not on the disk")


_BEFORE = """
select (select min(id) from observations where at_ms >= ?) - 1, (select max(number) from register)
"""


def _seal_yesterday(aged: Aged, folder: Path) -> None:
    """One sealed day, as it is found after ten years of them: of the others a check reads the names alone."""
    contract, on = aged.contract, datetime.now(UTC).date() - timedelta(days=1)
    key = SigningKey.make(folder / "ledger.key")
    start_ms = midnight_ms(on, UTC)
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        before = Marks(*connection.execute(_BEFORE, (start_ms,)).fetchone())
    with (
        Sealer.opened(folder / "archive" / contract.id, f"bench.example/{contract.id}", key) as sealer,
        closing(WholeDays(folder / "ledger.db")) as days,
        days.day(contract.id, start_ms, start_ms + DAY_MS, before) as record,
    ):
        sealer.seal(day_of(contract, on, record))


def _cpu_seconds(words: list[str]) -> float:
    """Of the command and all that it starts. Raises BenchError."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run([sys.executable, "-m", "sla_monitor", *words], check=False, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        raise BenchError(f"{' '.join(words[:3])}: {run.stderr[-300:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table(found: Mapping[str, Mapping[str, float]]) -> str:
    """Rows for docs/performance.md."""
    sizes = list(found)
    lines = [f"| operation | {' | '.join(sizes)} | aim |", f"|{'---|' * (len(sizes) + 2)}"]
    for what, aim in AIMS.items():
        figures = (found[size].get(what) for size in sizes)
        cells = ("" if one is None else f"{one:.0f}" if one >= 20 else f"{one:.1f}" for one in figures)
        lines.append(f"| {what} | {' | '.join(cells)} | {aim} |")
    return "\n".join(lines)


def _compile(folder: Path) -> None:
    """Have the program compiled, as it is where it is installed, and leave the tree alone."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder)
    rooms = Path(sla_monitor.__file__).parent
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(rooms)], check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sla-monitor-bench"
    parser.add_argument("--cache", type=Path, default=cache)
    parser.add_argument("--only", choices=SIZES)
    given = parser.parse_args()
    _compile(given.cache / "compiled")
    found = {}
    for size in [given.only] if given.only else SIZES:
        say(f"{size}: the ledger is built unless it is there")
        aged = built(given.cache / size, SIZES[size], 1)
        say(f"{size}: {aged.ledger.stat().st_size / 1e9:.2f} GB")
        found[size] = measured(aged)
    print(table(found))


if __name__ == "__main__":
    main()
