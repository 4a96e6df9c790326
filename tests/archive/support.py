"""A contract, its ledger and its sealed days, as the program makes them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from sla_monitor.archive.sealed import SealedDay, sealed_days
from sla_monitor.archive.verifying import Against, Report, verify
from sla_monitor.cli.ledger.seal import seal_days, sealer_of
from sla_monitor.clock import SystemClock
from sla_monitor.configuration import Configuration, read_configuration
from sla_monitor.contract.local_time import midnight_ms
from sla_monitor.ledger import Ledger
from sla_monitor.ledger.recording.register_entries import Register
from sla_monitor.register.entries import Entry
from sla_monitor.register.instant import Milliseconds
from sla_monitor.signing import SigningKey, VerifyingKey
from sla_monitor.sla.jobs import ReportKind
from sla_monitor.sla.observation import NO_PHASES, Finding, Observation, Outcome, Phases, Reason
from tests.fakes.clock import FakeClock
from tests.ledger.support import opened, record_all
from tests.register.saying import said

FIRST = date(2026, 1, 1)
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
T0 = midnight_ms(FIRST, UTC)
EVERY_MS = 10_000
TERMS: dict[str, Any] = {
    "id": "custody",
    "authority": "Force",
    "supplier": "Supplier",
    "term": {"start": "2026-01-01", "end": "2026-01-10"},
    "time_zone": "Europe/London",
    "currency": "GBP",
    "calendars": {"desk": {"hours": {"mon-fri": "08:00-18:00"}, "bank_holidays": "../holidays/days.yaml"}},
    "services": [
        {
            "id": "login",
            "service_hours": "desk",
            "endpoints": [
                {"id": name, "kind": "http", "url": f"http://127.0.0.1:9/{name}", "every": "10s", "timeout": "5s"}
                for name in ("web", "api")
            ],
        }
    ],
    "kpis": [{"id": "KPI1", "service": "login", "target": "99.9"}],
}
DAYS_FILE = {
    "country": "GB",
    "region": "ENG",
    "first_year": 2026,
    "last_year": 2026,
    "days": {"2026-01-01": "New Year"},
}
SCRIPT = Path(__file__).parents[2] / "sla_monitor/archive/verify.sh"


def seen(number: int) -> Finding:
    """What the observation of this number found: failures come in pairs, with more and less of an answer."""
    if number % 97 < 2:
        body = f"<html>{number}</html>".encode()
        return Finding(
            Outcome.DOWN, Reason.STATUS_UNEXPECTED, f"503, wanted 200 ({number})", 9_000 + number, NO_PHASES,
            status=503, body_bytes=40, evidence=body,
        )  # fmt: skip
    phases = Phases(200 + number % 7, 300, None, 900 + number % 31, 100)
    return Finding(Outcome.UP, None, "", 1_600 + number % 131, phases, f"10.0.0.{number % 3}", 200, 512, 1_800_000_000)


def observations(days: int, every_ms: int = 600_000) -> Iterable[Observation]:
    """Two endpoints, seen for so many days."""
    for number in range(days * DAY_MS // every_ms):
        for place, name in enumerate(("web", "api")):
            yield Observation(f"custody/{name}", T0 + number * every_ms + place * 50, seen(number + 13 * place))


def entry(kind: str, at_ms: int, **words: Any) -> Entry:
    return Entry.model_validate(
        {"number": 1, "at": Milliseconds(at_ms), "actor": "ann", "contract": "custody", "said": said(kind, **words)}
    )


@dataclass(frozen=True)
class Place:
    """A folder with settings, a contract, a ledger, a key and an archive."""

    folder: Path

    @classmethod
    def furnished(cls, folder: Path, **terms: Any) -> Place:
        (folder / "contracts").mkdir(parents=True)
        (folder / "contracts/custody.yaml").write_text(yaml.safe_dump({**TERMS, **terms}, sort_keys=False))
        (folder / "holidays").mkdir()
        (folder / "holidays/days.yaml").write_text(yaml.safe_dump(DAYS_FILE))
        settings = {
            "ledger": {"path": "ledger.db", "key": "ledger.key"},
            "archive": {"folder": "archive", "origin": "force.example/sla"},
        }
        (folder / "sla-monitor.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
        SigningKey.make(folder / "ledger.key")
        (folder / "key.pem").write_text(SigningKey.read(folder / "ledger.key").public.pem)
        return cls(folder)

    @property
    def settings(self) -> Path:
        return self.folder / "sla-monitor.yaml"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def sealed(self) -> Path:
        return self.folder / "archive/custody"

    @cached_property
    def configuration(self) -> Configuration:
        return read_configuration(self.settings)

    @property
    def key(self) -> VerifyingKey:
        return VerifyingKey.read(self.folder / "key.pem")

    def record(self, several: Iterable[Observation]) -> None:
        clock = FakeClock(T0)
        with closing(Ledger.open(self.ledger, clock)) as ledger:
            for kind, text in ((ReportKind.START, ""), (ReportKind.DONE, "42 records"), (ReportKind.FAIL, "full")):
                ledger.report("custody/batch", kind, text)
                clock.advance(7 * HOUR_MS)
        with opened(self.ledger) as ledger:
            record_all(ledger, *several)

    def say(self, *entries: Entry) -> None:
        Register.open(self.ledger, SystemClock()).add(entries)

    def seal(self, until: date, *, own: Path | None = None) -> list[SealedDay]:
        """Seal the days before one."""
        contract, settings = self.configuration.contracts[0], self.configuration.settings
        with sealer_of(contract, settings) as sealer:
            return seal_days(contract, self.ledger, sealer, midnight_ms(until, UTC) + HOUR_MS, lambda *_: None)

    def days(self) -> list[SealedDay]:
        return sealed_days(self.sealed)


def furnished(folder: Path, days: int = 4, **terms: Any) -> Place:
    """A place in which so many days were seen, spoken of and sealed."""
    place = Place.furnished(folder, **terms)
    place.record(observations(days))
    place.say(
        entry("minute", T0 + HOUR_MS, month="2026-01"),
        entry("minute", T0 + DAY_MS + HOUR_MS, month="2026-01").model_copy(update={"known_by": "password"}),
    )
    place.seal(FIRST + timedelta(days=days))
    return place


def script(folder: Path, *words: str | Path, sh: str = "sh") -> subprocess.CompletedProcess[str]:
    """verify.sh as somebody else runs it: the program's own file, and not the one beside the data."""
    return subprocess.run(
        [sh, SCRIPT, *map(str, words), folder], capture_output=True, text=True, timeout=120, check=False
    )


def checked(folder: Path, *keys: VerifyingKey, **more: Any) -> Report:
    return verify(folder, Against(keys, **more))
