"""What a journey of three steps costs, as a ratio to three http probes in the same run.

    python -m bench.journey

Processor time of this process alone: probes in one event loop, one after the other, against the benchmark's supplier.
`plain`: fixed requests; `captured`: a value of the first answer in the address and a header of the others.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

from bench.case import TIMEOUT_S
from bench.process import BenchError, supplier_running
from sla_monitor import probe
from sla_monitor.clock import SystemClock
from sla_monitor.contract.endpoints.endpoint import endpoint_of
from sla_monitor.probe import Loop, Prober
from sla_monitor.sla.observation import Outcome

ROUNDS, PROBES = 5, 300
"""Of each round, in which all take their turn, the cheapest counts: the machine is shared."""


def journey_cost() -> None:
    with supplier_running() as supplier:
        for scheme, host in (("http", "127.0.0.1"), ("https", "localhost")):
            base = f"{scheme}://{host}:{(supplier / f'port-{scheme}').read_text()}"
            tls = {"ca_file": str(supplier / "ca.pem")} if scheme == "https" else {}
            us = costs(dict(kinds(base, tls)))
            for name in ("plain", "captured"):
                fresh, reused = us[name] / us["fresh"], us[name] / us["reuse"]
                told = f"{fresh:.2f} of three fresh http probes, {reused:.2f} of three reused"
                print(f"a journey of three steps over {scheme}, {name}: {us[name]:.0f} us, {told}")


def kinds(base: str, tls: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What is compared, as the terms of the endpoints that are probed in turn."""
    for connection in ("fresh", "reuse"):
        each = {"kind": "http", "connection": connection, **tls}
        yield connection, [{**each, "url": f"{base}/{number}"} for number in range(3)]
    plain = [{"id": f"s{number}", "url": f"/{number}"} for number in range(3)]
    value = {"headers": {"X-Token": "${t}"}}
    captured = [{**plain[0], "capture": {"t": {"matches": "(xxxx)"}}}, {**plain[1], **value, "url": "/1?t=${t}"}]
    for name, steps in (("plain", plain), ("captured", [*captured, {**plain[2], **value}])):
        yield name, [{"kind": "journey", "base": base, "steps": steps, **tls}]


def costs(compared: dict[str, list[dict[str, Any]]]) -> dict[str, float]:
    """Microseconds of processor time for each of them."""
    loop, best = Loop(), dict.fromkeys(compared, float("inf"))
    with ExitStack() as open_until_end:
        open_until_end.callback(loop.close)
        probers = {
            name: [open_until_end.enter_context(closing(made(one))) for one in several]
            for name, several in compared.items()
        }
        for _ in range(ROUNDS):
            for name, several in probers.items():
                once(loop, several)
                began = time.process_time()
                for _ in range(PROBES):
                    once(loop, several)
                best[name] = min(best[name], (time.process_time() - began) / PROBES * 1e6)
    return best


def made(terms: dict[str, Any]) -> Prober:
    clock = SystemClock()
    around = probe.Surroundings(clock, "bench/it", clock.now_ms())
    return probe.build(endpoint_of({"id": "it", "timeout": f"{TIMEOUT_S}s", **terms}), around)


def once(loop: Loop, several: list[Prober]) -> None:
    for one in several:
        found = loop.run(probe.observe(one, loop, SystemClock()))
        if found.outcome is not Outcome.UP:
            raise BenchError(f"{one.terms.id}: {found.detail}")


if __name__ == "__main__":
    journey_cost()
