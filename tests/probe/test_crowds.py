"""Fifty hostile endpoints of each kind beside ten innocent ones, in one loop: nobody else pays for them.

The hostile ones are probed together, the innocent ones every 100 ms. What is asserted of time is on the loop's own
clock, which leaves out what this machine itself was held up for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sla_monitor import probe
from sla_monitor.clock import SystemClock
from sla_monitor.probe import Finding, Prober
from sla_monitor.sla.observation import Outcome, Reason
from tests.probe.estate import Estate, estate
from tests.probe.hostile import ALL, Hostile
from tests.probe.looking import LOOP, surroundings, terms
from tests.support.waiting import until

FIFTY = 50
EVERY_S = 0.1
ROUNDS = 2
LATE_S = 0.05
MEMORY_LIMIT = 128 << 20
"""Bytes that fifty probes may take together: the limit on bodies is 1 MB, and not all are read at the same time."""

MUCH = {Reason.TOO_LARGE, Reason.REDIRECT_LIMIT}
"""What takes a lot of bytes or of work: fifty at once may need longer than there is, and are DOWN for that."""

PATIENCE = "5s"
"""Of an innocent one."""

LONG_PATIENCE = "20s"
"""Of a hostile one that is not to end by a timeout: fifty at twenty steps are work, and this machine may be busy."""

CLOCK = SystemClock()
TURNS = deque([0.0, 0.0], maxlen=2)
"""When the last turns began, on the loop's time: a deadline that passed in the one before is seen in the last."""

_STATUS, _FORGET_PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Crowd:
    """What came of some probes: the findings, and the seconds of each until the last turn but one."""

    findings: list[Finding] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    started: int = 0

    def start(self, prober: Prober) -> None:
        began = LOOP.time()
        self.started += 1

        def done(found: Finding | None, error: BaseException | None) -> None:
            assert found is not None, error
            self.findings.append(found)
            self.seconds.append(TURNS[-2] - began)

        LOOP.spawn(probe.observe(prober, LOOP, CLOCK), done)

    @property
    def is_done(self) -> bool:
        return len(self.findings) == self.started


@pytest.fixture(scope="module")
def hostile_estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    with estate(tmp_path_factory.mktemp("hostile") / "ca.pem", "hostile") as one:
        yield one


@pytest.fixture(scope="module")
def innocents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Prober]]:
    """Ten: over HTTP and HTTPS, on fresh and on kept connections."""
    with estate(tmp_path_factory.mktemp("innocent") / "ca.pem", "innocent") as one:
        plain, secure = one.heard()
        made = [
            probe.build(
                terms("http", url=f"{url}/", ca_file=one.ca_file, connection=connection, timeout=PATIENCE),
                surroundings(),
            )
            for url in (f"http://127.0.0.1:{plain}", f"https://127.0.0.1:{secure}")
            for connection in ("fresh", "fresh", "fresh", "reuse", "reuse")
        ]
        yield made
        for prober in made:
            prober.close()


def peak() -> int:
    """The most memory that this process had since the last time, in bytes."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
    _FORGET_PEAK.write_text("5")
    return int(line.split()[1]) * 1024


def fifty(row: Hostile, port: int, ca_file: Path) -> list[Prober]:
    wanted: dict[str, Any] = row.terms_at(port, ca_file)
    if row.reason is not Reason.TIMEOUT:
        wanted["timeout"] = LONG_PATIENCE
    if "body" in wanted:  # of 8 MB: once is enough
        return [probe.build(terms(row.kind, **wanted), surroundings())] * FIFTY
    return [probe.build(terms(row.kind, **wanted), surroundings()) for _ in range(FIFTY)]


@pytest.mark.parametrize(("number", "row"), [pytest.param(*each, id=each[1].name) for each in enumerate(ALL)])
def test_fifty_hostile_endpoints_cost_ten_innocent_ones_nothing(
    number: int, row: Hostile, hostile_estate: Estate, innocents: list[Prober]
) -> None:
    crowd, beside = Crowd(), Crowd()
    with hostile_estate.row(number) as port:
        probers = fifty(row, port, hostile_estate.ca_file)
        peak()
        before = peak()
        began = LOOP.time()
        for prober in probers:
            crowd.start(prober)
        rounds = list[float]()
        for _ in until(lambda: crowd.is_done and beside.is_done and len(rounds) >= ROUNDS):
            now_s = LOOP.time()
            if now_s >= began + len(rounds) * EVERY_S and (len(rounds) < ROUNDS or not crowd.is_done):
                rounds.append(now_s)
                for prober in innocents:
                    beside.start(prober)
            TURNS.append(LOOP.time())
            LOOP.turn(0.01)
        grown = peak() - before
        for prober in probers:
            with closing(prober):
                pass
    allowed = {row.reason, Reason.TIMEOUT} if row.reason in MUCH else {row.reason}
    assert {found.reason for found in crowd.findings} <= allowed
    assert {found.outcome for found in crowd.findings} == {row.outcome}
    assert {(found.outcome, found.detail) for found in beside.findings} == {(Outcome.UP, "")}
    assert len(beside.findings) == len(rounds) * len(innocents)
    assert max(crowd.seconds) <= probers[0].terms.timeout_ms / 1000 + LATE_S
    assert grown <= MEMORY_LIMIT
