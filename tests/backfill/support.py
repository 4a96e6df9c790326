"""A small contract with a ledger, what was seen here, and commands to bring something in."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from sla_monitor.cli import cli
from sla_monitor.clock import SystemClock
from sla_monitor.contract.contract import Contract
from sla_monitor.contract.load import load_contract
from sla_monitor.errors import SlaMonitorError
from sla_monitor.ledger import Ledger, read_only
from sla_monitor.ledger.housekeeping.checking import check
from sla_monitor.sla.observation import Finding, Observation, Outcome, Reason
from sla_monitor.sla.spans import Span
from tests.evidence.support import CONTRACT, ms

ROOT = Path(__file__).parents[2]
SETTINGS = "contracts: contracts\nledger: {path: ledger.db}\n"
MINUTE, HOUR = 60_000, 3_600_000
DAY = "2026-10-05"
NOON = ms(f"{DAY}T12:00Z")
UP, DOWN = Outcome.UP, Outcome.DOWN


@dataclass(frozen=True)
class Desk:
    """A folder with settings, a contract and a ledger."""

    folder: Path

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def contract(self) -> Contract:
        return load_contract(self.folder / "contracts/small.yaml")

    def run(self, *words: str, fails: bool = False) -> Result:
        """A command with these settings; its output is checked by whoever asks."""
        config = ["--config", str(self.folder / "sla-monitor.yaml")]
        found = CliRunner().invoke(cli, [*words, *config])
        error = found.exception
        assert error is None or isinstance(error, SystemExit | SlaMonitorError), found.output
        assert (error is not None and found.exit_code != 0) == fails, f"{found.output}\n{error}"
        return found

    def told(self, *words: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.run(*words, "--format", "json").stdout)

    def problem(self, *words: str) -> str:
        """What a command that fails says."""
        found = self.run(*words, fails=True)
        return found.output if isinstance(found.exception, SystemExit) else str(found.exception)

    def see(self, endpoint: str, several: Iterable[tuple[int, Outcome]], every_ms: int = MINUTE) -> None:
        """Record probes as the daemon does: milliseconds, and what was found."""
        with Ledger.open(self.ledger, SystemClock(), commit_within_ms=1) as ledger:
            for at_ms, outcome in several:
                finding = Finding(outcome, Reason.TIMEOUT if outcome is DOWN else None, duration_us=50_000)
                ledger.record(Observation(f"small/{endpoint}", at_ms, finding), every_ms)
            assert ledger.flush(30)

    def spans(self, endpoint: str = "health") -> list[Span]:
        with read_only(self.ledger) as reader:
            return reader.spans(0, ms("2100-01-01T00:00Z")).get(f"small/{endpoint}", [])

    def outcomes(self, endpoint: str = "health") -> list[tuple[int, int, str]]:
        """In minutes from noon."""
        return [
            ((one.start_ms - NOON) // MINUTE, (one.end_ms - NOON) // MINUTE, f"{one.outcome}")
            for one in self.spans(endpoint)
        ]

    def problems(self) -> tuple[str, ...]:
        """What `ledger check` finds."""
        return check(self.ledger, lambda done, total: None).problems

    def write(self, name: str, content: str | bytes | dict[str, Any]) -> str:
        path = self.folder / name
        text = json.dumps(content) if isinstance(content, dict) else content
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)


def desk_in(folder: Path, contract: str = CONTRACT) -> Desk:
    (folder / "contracts").mkdir()
    (folder / "contracts/small.yaml").write_text(contract)
    (folder / "sla-monitor.yaml").write_text(SETTINGS)
    desk = Desk(folder)
    desk.run("ledger", "init")
    return desk


def minutes(first: int, last: int, outcome: Outcome = UP) -> list[tuple[int, Outcome]]:
    """A probe each minute from noon on."""
    return [(NOON + minute * MINUTE, outcome) for minute in range(first, last)]


def at(minute: int) -> str:
    """An instant so many minutes from noon."""
    from sla_monitor.register.instant import format_utc

    return format_utc(NOON + minute * MINUTE)
