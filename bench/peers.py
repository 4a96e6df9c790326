"""The whole program beside Debian's Prometheus with its blackbox exporter, in one run, against one supplier.

    python -m bench.peers [--endpoints 1000] [--seconds 30]      needs the packages prometheus and
                                                                 prometheus-blackbox-exporter

Both probe the same endpoints every 10 s: GET, status 2xx, a fresh connection (the exporter knows no other). Processor
time and proportional memory are of all processes of each. Only the ratio means anything: machines differ.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.case import EVERY_S, TIMEOUT_S, Case
from bench.process import BenchError, Watched, daemon_running, end, free_port, say, supplier_running, wait_for

WARM_UP_S = 2 * EVERY_S
MODULE = "check"


@contextmanager
def running(arguments: list[str], ready: str) -> Iterator[Watched]:
    """A program of somebody else's, until it answers at `ready`."""
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: answers(ready), 60, process, arguments[0])
        yield Watched(process)
    finally:
        end(process, 10)


def answers(url: str) -> bool:
    run = ["curl", "--silent", "--fail", "--max-time", "2", "--noproxy", "*", "--output", "/dev/null", url]
    return subprocess.run(run, check=False).returncode == 0


@contextmanager
def prometheus_and_exporter(case: Case, supplier: Path, folder: Path) -> Iterator[list[Watched]]:
    """The pair, configured as its documentation has it."""
    exporter, prometheus = free_port(), free_port()
    http = {"method": "GET", "no_follow_redirects": True, "preferred_ip_protocol": "ip4"}
    if case.scheme == "https":
        http["tls_config"] = {"ca_file": str(supplier / "ca.pem")}
    modules = {"modules": {MODULE: {"prober": "http", "timeout": f"{TIMEOUT_S}s", "http": http}}}
    (folder / "blackbox.yml").write_text(json.dumps(modules))
    targets = [f"{case.url(supplier)}/e{n}" for n in range(case.endpoints)]
    relabel = [
        {"source_labels": ["__address__"], "target_label": "__param_target"},
        {"source_labels": ["__param_target"], "target_label": "instance"},
        {"target_label": "__address__", "replacement": f"127.0.0.1:{exporter}"},
    ]
    job = {
        "job_name": "blackbox",
        "metrics_path": "/probe",
        "params": {"module": [MODULE]},
        "static_configs": [{"targets": targets}],
        "relabel_configs": relabel,
    }
    timing = {"scrape_interval": f"{EVERY_S}s", "scrape_timeout": f"{TIMEOUT_S}s"}
    (folder / "prometheus.yml").write_text(json.dumps({"global": timing, "scrape_configs": [job]}))
    with ExitStack() as stack:
        one = stack.enter_context(
            running(
                [
                    "prometheus-blackbox-exporter",
                    f"--config.file={folder / 'blackbox.yml'}",
                    f"--web.listen-address=127.0.0.1:{exporter}",
                ],
                f"http://127.0.0.1:{exporter}/-/healthy",
            )
        )
        other = stack.enter_context(
            running(
                [
                    "prometheus",
                    f"--config.file={folder / 'prometheus.yml'}",
                    f"--storage.tsdb.path={folder / 'tsdb'}",
                    f"--web.listen-address=127.0.0.1:{prometheus}",
                ],
                f"http://127.0.0.1:{prometheus}/-/ready",
            )
        )
        yield [one, other]


def measured(parts: list[Watched], endpoints: int, seconds: int) -> tuple[float, float]:
    """Processor time in µs a probe, and memory in MB, of all of them."""
    time.sleep(WARM_UP_S)
    before, began = sum(part.cpu_seconds() for part in parts), time.monotonic()
    time.sleep(seconds)
    cpu, passed = sum(part.cpu_seconds() for part in parts) - before, time.monotonic() - began
    return cpu / (endpoints * passed / EVERY_S) * 1e6, sum(part.memory_mb() for part in parts)


def compare(case: Case, supplier: Path, seconds: int) -> str:
    """One row. Raises BenchError."""
    with tempfile.TemporaryDirectory() as name:
        say(f"{case.name}: Prometheus and blackbox exporter")
        with prometheus_and_exporter(case, supplier, Path(name)) as parts:
            their_us, their_mb = measured(parts, case.endpoints, seconds)
    with tempfile.TemporaryDirectory() as name:
        say(f"{case.name}: this program")
        port = free_port()
        with daemon_running(case.write(Path(name), supplier, port), port) as daemon:
            our_us, our_mb = measured([daemon], case.endpoints, seconds)
    cells = f"{their_us:.0f}", f"{our_us:.0f}", f"{our_us / their_us:.2f}", f"{their_mb:.0f}", f"{our_mb:.0f}"
    return f"{case.name:<22}" + "".join(f"{cell:>14}" for cell in cells)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__.partition("\n")[0])
    parser.add_argument("--endpoints", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--seconds", type=int, default=30, help="measured time of each side (default 30)")
    options = parser.parse_args()
    heads = "theirs us", "ours us", "ours/theirs", "theirs MB", "ours MB"
    print(f"{'endpoints-scheme-kind':<22}" + "".join(f"{head:>14}" for head in heads), flush=True)
    with supplier_running() as supplier:
        for scheme in ("http", "https"):
            print(compare(Case(options.endpoints, scheme, "fresh"), supplier, options.seconds), flush=True)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchError as problem:
        sys.exit(str(problem))
