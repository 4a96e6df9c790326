"""Where entries are put down: checked, previewed where they change a month that is over, and added."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.shared.options import config_option, format_option, ledger_option
from sla_monitor.cli.shared.sources import chosen_contract, contract_argument, ledger_path

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sla_monitor.cli.register.preview import Changes
    from sla_monitor.clock import Clock
    from sla_monitor.contract.contract import Contract
    from sla_monitor.contract.fields import Strict
    from sla_monitor.ledger.recording.register_entries import Register
    from sla_monitor.register.entries import Entry

Options = Callable[[Callable[..., None]], Callable[..., None]]


def _all(*options: Options) -> Options:
    def applied(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return applied


def login(_: click.Context, __: click.Parameter, value: str | None) -> str:
    if value is not None:
        return value
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        raise click.BadParameter("this user has no name here; say who enters it") from None


desk_options = _all(
    contract_argument,
    config_option,
    ledger_option,
    click.option("--actor", callback=login, help="Who enters it; without it, the login name."),
    click.option("--yes", is_flag=True, help="Do not ask before a month that is over is changed."),
    format_option,
)
entry_options = _all(
    click.option("--reference", default="", help="A number in somebody's files: CHG-1."),
    click.option("--evidence", default="", help="Where the papers are."),
    click.option("--note", default="", help="Why, in words."),
)


@dataclass(frozen=True, slots=True)
class EntryDesk:
    """One contract's register, and who enters something into it."""

    contract: Contract
    register: Register
    config: Path
    ledger: Path
    clock: Clock
    actor: str = ""

    @classmethod
    def open(cls, name: str, config: Path, ledger: Path | None, actor: str = "") -> EntryDesk:
        """The ledger is made if there is none. Raises SlaMonitorError and click's errors."""
        from sla_monitor.clock import SystemClock
        from sla_monitor.ledger.recording.register_entries import Register

        contract, clock = chosen_contract(name, config), SystemClock()
        path = ledger_path(config, ledger)
        return cls(contract, Register.open(path, clock), config, path, clock, actor)

    def said(self) -> Sequence[Entry]:
        """All that has been said. Raises LedgerError and its kinds."""
        return self.register.entries(self.contract.id)

    @property
    def zone(self) -> ZoneInfo:
        return self.contract.time_zone

    def entry(self, said: Strict, **more: str) -> Entry:
        """An entry made now, without a number. Raises RegisterError."""
        from sla_monitor.register.spoken import entry_of

        return entry_of(said, at_ms=self.clock.now_ms(), actor=self.actor, contract=self.contract.id, **more)

    def enter(self, propose: Propose, *, yes: bool) -> Entered:
        """Add what is proposed, all or none. `propose` can read all that has been said, and says what to add.

        Raises RegisterError; click.Abort when the person does not confirm what it changes; LedgerError.
        """
        from sla_monitor.cli.register.preview import confirm
        from sla_monitor.ledger.recording.register_entries import Overtaken

        self._tell_of_the_future()
        confirmed: Changes = []
        while True:
            last = self.register.last_number(self.contract.id)
            new = [draft.model_copy(update={"number": last + i}) for i, draft in enumerate(propose(self.said), start=1)]
            confirmed = confirm(self, new, confirmed, yes=yes)
            try:
                numbers = self.register.add(new, read_to=last)
            except Overtaken:
                continue  # what others have said meanwhile may change the answer
            added = [each.model_copy(update={"number": n}) for each, n in zip(new, numbers, strict=True)]
            return Entered(added, confirmed)

    def _tell_of_the_future(self) -> None:
        """An entry made by a clock that was ahead has no effect before its time, and nobody would notice."""
        from sla_monitor.register.entry_context import SKEW_MS
        from sla_monitor.register.instant import told_instant

        for entry in self.said()[-200:]:
            if entry.at_ms > self.clock.now_ms() + SKEW_MS:
                click.echo(
                    f"entry {entry.number} is dated {told_instant(entry.at_ms)}, later than now, and does not count"
                    " until then; if the clock was ahead, undo it and enter it again",
                    err=True,
                )


@dataclass(frozen=True, slots=True)
class Entered:
    """What was added, and what that changed in months that are over."""

    entries: list[Entry]
    changes: Changes


Propose = Callable[[Callable[[], Sequence["Entry"]]], Sequence["Entry"]]


def put_down(kind: str, words: Mapping[str, Any], **given: Any) -> None:
    """Add one entry and tell it. `given`: what `desk_options` and `entry_options` took."""
    from sla_monitor.cli.register.formatting import tell_entered
    from sla_monitor.errors import RegisterError
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.rules import problems
    from sla_monitor.register.spoken import said_of

    desk = EntryDesk.open(given["contract"], given["config"], given["ledger"], given["actor"])
    more = {name: given[name] for name in ("reference", "evidence", "note")}
    draft = desk.entry(said_of(kind, words, desk.zone), **more)

    def propose(said: Callable[[], Sequence[Entry]]) -> Sequence[Entry]:
        if found := problems(draft, EntryContext(desk.contract, said)):
            raise RegisterError(found)
        return [draft]

    tell_entered(desk, desk.enter(propose, yes=given["yes"]), given["style"])
