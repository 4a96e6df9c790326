"""A contract whose terms need two people: its files, its ledger, and what is typed about it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from sla_monitor.cli import cli
from sla_monitor.configuration import Configuration, read_configuration
from sla_monitor.errors import SlaMonitorError
from sla_monitor.ledger.opening import make_ledger
from tests.register.office import TERMS, Said

HOLIDAYS = "country: GB\nfirst_year: 2026\nlast_year: 2040\ndays: {}\n"
CALENDARS = {"office": {"hours": {"mon-fri": "09:00-17:00"}, "bank_holidays": "../calendars/gb.yaml"}}


@dataclass(frozen=True)
class TermsOffice:
    folder: Path

    @classmethod
    def furnished(cls, folder: Path, approval: str = "required") -> TermsOffice:
        for name in ("contracts", "drafts", "calendars"):
            (folder / name).mkdir()
        one = cls(folder)
        one.settings.write_text(
            f"ledger: {{path: ledger.db}}\nterms: {{approval: {approval}}}\nlisten: '127.0.0.1:0'\n"
        )
        (folder / "calendars/gb.yaml").write_text(HOLIDAYS)
        one.write("contracts")
        make_ledger(one.ledger)
        return one

    @property
    def settings(self) -> Path:
        return self.folder / "sla-monitor.yaml"

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.db"

    @property
    def file(self) -> Path:
        return self.folder / "contracts/small.yaml"

    def write(self, where: str = "drafts", target: str = "99.9", **terms: Any) -> Path:
        """The contract with a target of its first KPI, as a file in a folder."""
        first, *others = TERMS["kpis"]
        path = self.folder / where / "small.yaml"
        whole = {**TERMS, "calendars": CALENDARS, **terms, "kpis": [{**first, "target": target}, *others]}
        path.write_text(json.dumps(whole))
        return path

    def read(self) -> Configuration:
        return read_configuration(self.settings)

    def run(self, *words: str, actor: str = "") -> Said:
        """`sla-monitor ...`, with errors told as `main` tells them."""
        more = ["--actor", actor] if actor else []
        result = CliRunner().invoke(cli, [*words, "--config", str(self.settings), *more])
        if isinstance(result.exception, SlaMonitorError):
            return Said(1, result.stdout, f"{result.stderr}{result.exception}\n")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    def done(self, *words: str, actor: str = "") -> Said:
        """The same, where nothing may go wrong."""
        said = self.run(*words, actor=actor)
        assert said.code == 0, said
        return said

    def propose(self, path: Path, *words: str, actor: str = "ann") -> int:
        """The number of the proposal."""
        told = self.done("terms", "propose", str(path), "--note", "CCN-1", "--format", "json", *words, actor=actor)
        return int(told.json["added"][0]["number"])

    def approve(self, number: int, actor: str = "bob") -> Said:
        return self.done("terms", "approve", "small", str(number), "--yes", actor=actor)
