"""A contract with an evidence file: both are read together, because the file brings the contract's bank holidays."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.shared.sources import chosen_contract

if TYPE_CHECKING:
    from sla_monitor.contract.bank_holidays import HolidayPlace
    from sla_monitor.contract.contract import Contract
    from sla_monitor.evidence.file_evidence import FileEvidence


@dataclass(frozen=True, slots=True)
class TwoFiles:
    """What both sides work a month out from. `holidays`: where the bank holidays are, for a draft of the contract."""

    contract: Contract
    evidence: FileEvidence
    holidays: HolidayPlace


@contextmanager
def read_together(name: str, config: Path, file: Path, holidays: Path | None = None) -> Iterator[TwoFiles]:
    """A contract, by its id or the path of its file, and an evidence file. `holidays`: the folder with the files of
    bank holidays, in place of those in the evidence file.

    Of a file of bank holidays that is in the evidence and beside the contract too, the one in the evidence counts, so
    that both sides get the same; where they differ, standard error says so. Raises ConfigError and EvidenceError.
    """
    from sla_monitor.contract.bank_holidays import HolidayPlace
    from sla_monitor.errors import ConfigError
    from sla_monitor.evidence.reading import checked, evidence_of, spelled
    from sla_monitor.evidence.writing import write_holidays

    spelling = spelled(file)
    with tempfile.TemporaryDirectory(prefix="sla-monitor-") as carried:
        write_holidays(spelling, Path(carried))
        place = HolidayPlace(Path(carried), is_only=False) if holidays is None else HolidayPlace(holidays)
        try:
            contract = chosen_contract(name, config, place)
        except ConfigError as error:
            raise ConfigError([one.replace(f"{carried}/", f"{file}: ") for one in error.problems]) from None
        for put, own in place.own.items() if holidays is None else ():
            if own.exists() and own.read_bytes() != put.read_bytes():
                click.echo(f"{own}: differs from the copy in {file}, which counts (--holidays names others)", err=True)
        yield TwoFiles(contract, evidence_of(checked(spelling, contract), contract), place)
