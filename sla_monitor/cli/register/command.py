"""`sla-monitor register …`: what people say about a contract's months, beside what was seen of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.add import add
from sla_monitor.cli.register.entering import put_down, put_down_all
from sla_monitor.cli.register.entry_session import EntrySession, session_options
from sla_monitor.cli.register.formatting import print_list, print_one
from sla_monitor.cli.register.import_csv import import_file
from sla_monitor.cli.register.sign_off import sign_off
from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.options import AlsoSpelled, config_option, format_option, ledger_option, period_option
from sla_monitor.cli.shared.sources import chosen_contract, contract_argument, ledger_path
from sla_monitor.cli.shared.terminal import plain

if TYPE_CHECKING:
    from sla_monitor.contract.contract import Contract
    from sla_monitor.ledger import Reader
    from sla_monitor.register.effective import EffectiveEntries
    from sla_monitor.register.entries import Entry

PAGE = 50
UNDONE_AT_MOST = 100_000
"""Entries that are listed where nobody says how many."""

why_option = click.option("--why", required=True, help="The reason, in words.")


@click.group(cls=Commands)
def register() -> None:
    """Book maintenance, claim relief, decide, give figures and tickets; nothing is ever edited or deleted.

    Safe while the daemon runs. Local times are in the contract's zone.
    """


register.add_command(add)
register.add_command(import_file)
register.add_command(sign_off)


@register.command("list")
@contract_argument
@config_option
@ledger_option
@click.option("--kind", "kinds", multiple=True, help="Only entries of this kind; may be given again.")
@period_option("Only entries about this month: 2026-10.")
@click.option("--pending", is_flag=True, help="Only what awaits a decision.")
@click.option("--all", "everything", is_flag=True, help="Also what was undone or replaced, and the undoings.")
@click.option("--last", type=click.IntRange(0), help="How many, the newest; 0: all. [default: 50, and all in JSON]")
@format_option
def list_entries(  # noqa: PLR0913, PLR0917 - one for each option
    contract: str,
    config: Path,
    ledger: Path | None,
    kinds: tuple[str, ...],
    period: str | None,
    pending: bool,
    everything: bool,
    last: int | None,
    style: str,
) -> None:
    """List the newest entries of CONTRACT that stand."""
    from sla_monitor.ledger import read_only

    found = chosen_contract(contract, config, ledger=ledger)
    count = (0 if style == "json" else PAGE) if last is None else last
    wanted = ListFilter(frozenset(map(_known_kind, kinds)), period, pending, everything)
    with read_only(ledger_path(config, ledger)) as reader:
        chosen, effective, is_whole = _newest(found, reader, wanted, count)
    print_list(found, chosen, effective, style)
    if not is_whole:
        click.echo(f"The newest {count}; --last 0 lists all.", err=True)


def _newest(
    contract: Contract, reader: Reader, wanted: ListFilter, count: int
) -> tuple[Sequence[Entry], EffectiveEntries, bool]:
    """The newest so many of those that are wanted (0: all), what stands, and whether these are all of them. The
    register is read backwards, so that a long one takes no longer; what is about a month, or waits, may be old."""
    from sla_monitor.register.effective import effective_entries

    size = 0 if wanted.period or wanted.pending else count * 4
    while True:
        said = reader.newest_entries(contract.id, size) if size else reader.entries(contract.id)
        effective, is_whole = effective_entries(said), len(said) < size or not size
        chosen = wanted.of(contract, said, effective)
        if is_whole or len(chosen) > count:
            is_page = 0 < count < len(chosen)
            return (chosen[-count:] if is_page else chosen), effective, not is_page
        size *= 8


@dataclass(frozen=True, slots=True)
class ListFilter:
    """Which entries: of these kinds (none: all), about a month, what awaits a decision, also what does not stand."""

    kinds: frozenset[str]
    period: str | None
    pending: bool
    everything: bool

    def of(self, contract: Contract, said: Sequence[Entry], effective: EffectiveEntries) -> Sequence[Entry]:
        from sla_monitor.register.affected_months import months_of

        chosen = said if self.everything else effective.pending(contract) if self.pending else effective.entries
        if self.kinds:
            chosen = [entry for entry in chosen if entry.body.kind in self.kinds]
        if self.period:
            by_number, zone = {entry.number: entry for entry in said}, contract.time_zone
            chosen = [entry for entry in chosen if self.period in months_of(entry.body, zone, by_number)]
        return chosen


@register.command()
@contract_argument
@click.argument("number", type=click.IntRange(1))
@config_option
@ledger_option
@format_option
def show(contract: str, number: int, config: Path, ledger: Path | None, style: str) -> None:
    """Show entry NUMBER of CONTRACT, with the files attached to it, the decisions on it and the undoings."""
    from sla_monitor.ledger import read_only

    found, said = _read(contract, config, ledger)
    entry = next((each for each in said if each.number == number), None)
    if entry is None:
        raise click.ClickException(f"there is no entry {number} in the register of {found.id}")
    with read_only(ledger_path(config, ledger)) as reader:
        attached = reader.attachments(number)
    print_one(found, entry, _about(number, said), said, attached, style)


@register.command()
@session_options
@click.argument("number", type=click.IntRange(1))
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def attach(number: int, files: tuple[Path, ...], **given: Any) -> None:
    """Attach FILES to entry NUMBER of CONTRACT, which is there already.

    They are kept in the ledger under their digest, in the chain, and never taken out. Types: pdf, png, jpg, txt, csv,
    eml, docx, xlsx, odt; the content has to be what the name's ending says. The settings limit their size
    (`attachments`).
    """
    from sla_monitor.cli.register.attaching import papers_of
    from sla_monitor.ledger.recording.attached_files import attach as attach_files

    session = EntrySession.open(given["contract"], given["config"], given["ledger"], given["actor"])
    papers = papers_of(files, session.config, session.ledger)
    now_ms, name = session.clock.now_ms(), session.contract.id
    attach_files(session.ledger, name, [number], papers.files, papers.contents, at_ms=now_ms, actor=session.actor)
    for one in papers.files:
        click.echo(plain(f"{one.name}: {one.size:,} bytes, {one.digest}"))


@register.command()
@click.argument("digest")
@config_option
@ledger_option
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
def attachment(digest: str, config: Path, ledger: Path | None, output: Path) -> None:
    """Write the attached file with this DIGEST (or its first digits, 8 or more) to a file.

    `register show` lists the files of an entry. They are others' files: open them with care.
    """
    from sla_monitor.cli.register.attaching import write_attachment

    write_attachment(ledger_path(config, ledger), digest, output)


@register.command()
@session_options
@click.argument("number", type=click.IntRange(1))
@click.option("--grant/--refuse", "granted", default=None, help="Which of the two.")
@click.option("--start", "--from", "start", cls=AlsoSpelled, help="Granted only from this instant on.")
@click.option("--end", "--to", "end", cls=AlsoSpelled, help="Granted only up to this instant.")
@click.option("--reference", default="", help="A number in somebody's files: the minutes' item.")
@click.option("--evidence", default="", help="Where the supporting documents are.")
@why_option
def decide(number: int, granted: bool | None, start: str | None, end: str | None, why: str, **given: Any) -> None:
    """Grant or refuse entry NUMBER of CONTRACT: a claim, a booking or a correction.

    When that changes a month that is over, the figures before and after are shown first, and it has to be confirmed.
    """
    if granted is None:
        raise click.UsageError("the decision is missing (pass --grant or --refuse)")
    span = {name: text for name, text in (("start", start), ("end", end)) if text is not None}
    put_down("decision", {"about": number, "granted": granted, **span}, note=why, **given)


@register.command()
@session_options
@click.argument("number", type=click.IntRange(1))
@click.option("--through", type=click.IntRange(1), help="Every entry from NUMBER up to this one: those of an import.")
@why_option
def undo(number: int, through: int | None, why: str, **given: Any) -> None:
    """Take entry NUMBER of CONTRACT back. It stays in the register, and counts no more.

    To restore it, undo the undoing.
    """
    last = number if through is None else through
    if not number <= last < number + UNDONE_AT_MOST:
        raise click.UsageError(f"--through must be {number} or up to {UNDONE_AT_MOST:,} entries later")
    several = [{"about": each} for each in range(number, last + 1)]
    put_down_all("undo", several, note=why, reference="", evidence="", **given)


def _read(name: str, config: Path, ledger: Path | None) -> tuple[Contract, list[Entry]]:
    from sla_monitor.ledger import read_only

    contract = chosen_contract(name, config, ledger=ledger)
    with read_only(ledger_path(config, ledger)) as reader:
        return contract, list(reader.entries(contract.id))


def _known_kind(name: str) -> str:
    from sla_monitor.contract.reading.nearest import suggestion
    from sla_monitor.register.entries import KINDS

    kind = name.replace("-", "_")
    if kind not in KINDS:
        raise click.UsageError(f"no such kind: {name[:40]} ({suggestion(kind, KINDS)})")
    return kind


def _about(number: int, said: list[Entry]) -> list[Entry]:
    """Everything that was said about an entry, and about that."""
    found = [each for each in said if each.number > number and each.body.subject() == number]
    return [each for one in found for each in (one, *_about(one.number, said))]
