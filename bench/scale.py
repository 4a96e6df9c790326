"""What a collector of many endpoints costs: 1,000, 10,000 and (`make bench-scale`) 100,000, seen once a minute each.

    python -m bench.scale [--endpoints 1000 10000] [--seconds 30] [--waiting 300000]

Sites that probe nothing (`bench.far_load`) say to a real nats-server what they would have seen; `sla-monitor run` takes
it in, assesses, and answers. First the sites have some rounds in their outboxes, so that it is seen how much the
collector takes at most; then each endpoint is seen once a minute. Processor time is user and system, of the daemon's
processes; memory is proportional. Figures are of one run on a machine that others use too: ratios between its columns
hold, and seconds do not.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.far_load import EVERY_MS
from bench.process import BenchError, Daemon, Watched, end, free_port, say, wait_for
from bench.scale_parts import parts_cost
from sla_monitor import names
from sla_monitor.configuration import MANY_ENDPOINTS
from sla_monitor.signing import SigningKey

SIZES = 1_000, 10_000
WAITING = 300_000
"""Observations that sites have in their outboxes at first."""

EACH_SERVICE, EACH_CONTRACT, SITES = 10, 1_000, 10
START_S, DRAIN_S, ANSWER_S = 600.0, 1_800.0, 300.0
SCRAPE_EVERY_S = 15

# The environment's proxies are for the world outside.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open


def keys_of(endpoints: int) -> dict[str, list[str]]:
    """The endpoints by site: each contract is probed by one."""
    found: dict[str, list[str]] = {}
    for number in range(endpoints):
        contract = number // EACH_CONTRACT
        found.setdefault(f"site-{contract % SITES}", []).append(f"c{contract}/e{number}")
    return found


def write(folder: Path, endpoints: int, nats_port: int, port: int) -> Path:
    """Settings, key and contracts: ten endpoints a service, and an availability KPI for each service. Of many endpoints
    only those have series that fail, and figures are worked out each minute, as docs/how-to/sizing.md says."""
    more: dict[str, Any] = {}
    if endpoints > MANY_ENDPOINTS:
        more = {"metrics": {"endpoint_series": "failing"}, "assess_every": "60s"}
    (folder / "contracts").mkdir()
    for first in range(0, endpoints, EACH_CONTRACT):
        text = _contract(first, min(first + EACH_CONTRACT, endpoints))
        (folder / "contracts" / f"c{first // EACH_CONTRACT:04}.yaml").write_text(text)
    SigningKey.make(folder / "ledger.key")
    settings = {
        "listen": f"127.0.0.1:{port}",
        "ledger": {"path": "ledger.db", "key": "ledger.key"},
        "log": {"level": "warning"},
        "reviews": {"automatic": False},
        "sites": {
            "nats": {"servers": [f"nats://127.0.0.1:{nats_port}"]},
            "known": [{"id": site} for site in keys_of(endpoints)],
        },
        **more,
    }
    path = folder / "sla-monitor.yaml"
    path.write_text(json.dumps(settings))
    return path


def _contract(first: int, last: int) -> str:
    number = first // EACH_CONTRACT
    services = range(first, last, EACH_SERVICE)
    start = datetime.now(UTC).date().replace(day=1)
    lines = [
        f"id: c{number}\nauthority: A\nsupplier: B\nterm: {{start: {start}, end: 2049-12-31}}",
        "time_zone: Europe/London\ncurrency: GBP\nservices:",
    ]
    for one in services:
        lines.append(f"  - id: s{one}\n    places: {{sites: [site-{number % SITES}], quorum: any}}\n    endpoints:")
        lines += [
            f"      - {{id: e{n}, kind: http, url: 'https://host-{n}.example/health', every: {EVERY_MS // 1000}s,"
            " timeout: 10s}"
            for n in range(one, min(one + EACH_SERVICE, last))
        ]
    lines.append("kpis:")
    lines += [f"  - {{id: K{one}, service: s{one}, target: 99.0}}" for one in services]
    return "\n".join(lines) + "\n"


@contextmanager
def nats_server(folder: Path) -> Iterator[tuple[int, Watched]]:
    """A nats-server with JetStream on this host: its port, and the program."""
    port = free_port()
    config = folder / "nats.conf"
    config.write_text(f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{folder}/nats" }}\n')
    program = Path(sys.executable).parent / "nats-server"
    process = subprocess.Popen([program, "-c", config, "-l", folder / "nats.log"])
    try:
        yield port, Watched(process)
    finally:
        end(process, 10)


class Load:
    """`bench.far_load`, and what it has said last."""

    def __init__(self, folder: Path, plan: Mapping[str, Any]) -> None:
        path = folder / "plan.json"
        path.write_text(json.dumps(plan))
        command = [sys.executable, "-m", "bench.far_load", str(path)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.told: dict[str, float] = {"terms": 0, "sent": 0, "recorded": 0, "cpu_s": 0.0}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.told = json.loads(line)


def answered(port: int, path: str) -> tuple[float, int, str]:
    """Seconds, bytes and text of an answer. Raises BenchError."""
    began = time.monotonic()
    try:
        with _open(f"http://127.0.0.1:{port}{path}", timeout=ANSWER_S) as answer:
            body: bytes = answer.read()
    except OSError as error:
        raise BenchError(f"{path}: {error}") from None
    return time.monotonic() - began, len(body), body.decode()


def measured(folder: Path, endpoints: int, seconds: int, rounds: int) -> dict[str, float]:
    """By what was measured. Raises BenchError."""
    with nats_server(folder) as (nats_port, server):
        port = free_port()
        settings = write(folder, endpoints, nats_port, port)
        plan = {"server": f"nats://127.0.0.1:{nats_port}", "sites": keys_of(endpoints), "rounds": rounds}
        load = Load(folder, plan)
        daemon = Daemon(settings, port)
        try:
            found = _start(daemon, load)
            found |= _drain(daemon, load, endpoints * rounds)
            found |= _live(daemon, port, load, seconds)
            found["nats-server, CPU us an observation"] = server.cpu_seconds() / load.told["recorded"] * 1e6
            found["nats-server, MB"] = server.memory_mb()
        finally:
            end(load.process, 10)
            if not daemon.stop():
                say("  the daemon had not stopped in time and was killed")
    return found | parts_cost(settings) | {"load of the machine": os.getloadavg()[1]}


def _start(daemon: Daemon, load: Load) -> dict[str, float]:
    began = time.monotonic()
    wait_for(lambda: daemon.get("/-/healthy") is not None, START_S, daemon.process, "the daemon answers")
    found = {"start, s": time.monotonic() - began, "start, CPU s": daemon.cpu_seconds()}
    found["memory at the start, MB"] = daemon.memory_mb()
    wait_for(lambda: load.told["terms"] > 0, START_S, daemon.process, "sites have their terms")
    return found


def _drain(daemon: Daemon, load: Load, count: int) -> dict[str, float]:
    """How much the collector takes: the middle of it, without its beginning and its end."""
    moments = [(time.monotonic(), load.told["recorded"], daemon.cpu_seconds())]
    deadline = time.monotonic() + DRAIN_S
    while load.told["recorded"] < count:
        time.sleep(1)
        moments.append((time.monotonic(), load.told["recorded"], daemon.cpu_seconds()))
        if time.monotonic() > deadline:
            raise BenchError(f"{load.told['recorded']} of {count} recorded after {DRAIN_S:.0f} s")
    several = [one for one in moments if 0.1 * count <= one[1] <= 0.9 * count] or moments
    (first_s, first, first_cpu), (last_s, last, last_cpu) = several[0], several[-1]
    done = max(1.0, last - first)
    return {
        "at most, observations/s": done / (last_s - first_s),
        "at most, CPU us each": (last_cpu - first_cpu) / done * 1e6,
    }


def _live(daemon: Daemon, port: int, load: Load, seconds: int) -> dict[str, float]:
    time.sleep(SCRAPE_EVERY_S)
    began_s, cpu, recorded, scrapes = time.monotonic(), daemon.cpu_seconds(), load.told["recorded"], list[float]()
    while time.monotonic() - began_s < seconds:
        took_s, size, text = answered(port, "/metrics")
        scrapes.append(took_s)
        time.sleep(max(0.0, SCRAPE_EVERY_S - took_s))
    spent_s = time.monotonic() - began_s
    made = load.told["recorded"] - recorded
    committed = value_of(text, names.COMMITTED)
    found = {
        "observations/s": made / spent_s,
        "processors": (daemon.cpu_seconds() - cpu) / spent_s,
        "not recorded yet": load.told["sent"] - load.told["recorded"],
        "assessment, s": value_of(text, names.ASSESS_DURATION),
        "ledger, bytes an observation": value_of(text, names.LEDGER_SIZE) / max(1.0, committed),
        "scrape, worst s": max(scrapes),
        "scrape, MB": size / 1e6,
        "series": sum(not line.startswith("#") for line in text.splitlines()),
    }
    for what, path in (("page", "/"), ("services.json", "/api/v1/services")):
        took_s, size, _ = answered(port, path)
        found |= {f"{what}, s": took_s, f"{what}, MB": size / 1e6}
    return {**found, "memory, MB": daemon.memory_mb()}


def value_of(text: str, metric: names.MetricName) -> float:
    found = re.search(rf"^{metric.sample} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def scale_cost(sizes: Sequence[int] = SIZES, seconds: int = 30, observations: int = WAITING) -> None:
    """Print a column for each size."""
    columns = []
    for endpoints in sizes:
        say(f"scale: {endpoints:,} endpoints")
        with tempfile.TemporaryDirectory() as name:
            columns.append(measured(Path(name), endpoints, seconds, max(1, observations // endpoints)))
        for what, figure in columns[-1].items():
            say(f"  {what}: {figure:,.2f}")
    print(f"{'endpoints, each once a minute from afar':<40}" + "".join(f"{size:>14,}" for size in sizes))
    for what in columns[0]:
        print(f"{what:<40}" + "".join(f"{column[what]:>14,.2f}" for column in columns), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__.partition("\n")[0])
    parser.add_argument("--endpoints", type=int, nargs="+", default=SIZES)
    parser.add_argument("--seconds", type=int, default=30, help="measured time of each size (default 30)")
    parser.add_argument(
        "--waiting", type=int, default=WAITING, help=f"observations in the outboxes (default {WAITING})"
    )
    given = parser.parse_args()
    try:
        scale_cost(given.endpoints, given.seconds, given.waiting)
    except BenchError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
