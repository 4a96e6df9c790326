"""`sla-monitor ledger import`, `imports` and `undo-import`: what others recorded, beneath what was recorded here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.ledger.import_steps import ImportOptions, bring, print_imports, take_back
from sla_monitor.cli.register.entry_session import EntrySession, login
from sla_monitor.cli.shared.options import config_option, format_option, ledger_option
from sla_monitor.cli.shared.sources import ledger_path

if TYPE_CHECKING:
    from sla_monitor.evidence.document import EvidenceDocument
    from sla_monitor.ledger.recording.imports import ImportDraft
    from sla_monitor.register.entries import Entry

actor_option = click.option("--actor", callback=login, help="Who does it; without it, the login name.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask before a month that is over is changed.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Tell what it would change, and change nothing.")


@click.command("import")
@config_option
@ledger_option
@click.argument("evidence", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--contract", help="The contract's id, or the path of its file; without it, the one that EVIDENCE names.")
@click.option("--without-entries", is_flag=True, help="Leave the register's entries in EVIDENCE out.")
@click.option("--note", default="", help="Why, in words.")
@actor_option
@dry_run_option
@yes_option
@format_option
def import_evidence(  # noqa: PLR0913, PLR0917 - one for each option
    config: Path,
    ledger: Path | None,
    evidence: Path,
    contract: str | None,
    without_entries: bool,
    note: str,
    actor: str,
    dry_run: bool,
    yes: bool,
    style: str,
) -> None:
    """Bring the evidence file EVIDENCE into the ledger: spans, observations and entries of the register.

    Our own observations take precedence: an import counts only for unobserved time. It is marked wherever its figures
    appear, and is undone as a whole (undo-import). Entries are imported into a register without entries of the
    contract. Safe while the daemon runs.
    """
    from sla_monitor.evidence.reading import checked, spelled

    file = spelled(evidence)
    session = EntrySession.open(contract or file.contract, config, ledger, actor)
    document = checked(file, session.contract)
    _compare_holidays(session, document, evidence)
    bring(
        session,
        draft_of(session, document, (evidence.name, file.digest), note, without_entries),
        ImportOptions(yes, dry_run, style),
    )


def _compare_holidays(session: EntrySession, document: EvidenceDocument, evidence: Path) -> None:
    """Say where the months that are brought in were worked out with other bank holidays than ours."""
    from sla_monitor.evidence.writing import holiday_texts

    ours = holiday_texts(session.contract)
    for name, text in document.bank_holidays.items():
        if ours.get(name) != text:
            click.echo(f"{evidence}: {name} differs from the contract's own file, which counts here", err=True)


def draft_of(
    session: EntrySession, document: EvidenceDocument, file: tuple[str, str], note: str, without_entries: bool
) -> ImportDraft:
    """What an evidence file would bring in. Raises RegisterError."""
    from sla_monitor.evidence import FileEvidence
    from sla_monitor.evidence.source import endpoint_keys
    from sla_monitor.ledger.recording.imports import ImportDraft
    from sla_monitor.register.instant import LAST_MS
    from sla_monitor.sla.overlay import Import
    from sla_monitor.sla.samples import Samples

    found = FileEvidence(document, session.contract)
    entries = [] if without_entries else [one for one in document.entries if one.at_ms <= document.as_of_ms]
    _readable(session, entries)
    single = {key: Samples.of(found.samples(key, 0, LAST_MS)) for key in endpoint_keys(session.contract)}
    source, digest = file
    beside = {name: getattr(document, name) for name in ("imports", "clock_moves")}
    kept = {name: [one.model_dump(mode="json", by_alias=True) for one in several] for name, several in beside.items()}
    return ImportDraft(
        Import(
            0, session.clock.now_ms(), session.actor, "evidence", source, digest,
            document.seen.from_ms, document.seen.until_ms,
        ),
        session.contract.id,
        found.spans(0, LAST_MS),
        {key: samples for key, samples in single.items() if samples},
        entries,
        note,
        {name: several for name, several in kept.items() if several},
    )  # fmt: skip


def _readable(session: EntrySession, entries: list[Entry]) -> None:
    """A register holds nothing that moves a reader's cursor, and nothing of tomorrow."""
    from sla_monitor.errors import RegisterError
    from sla_monitor.register.rules import texts

    found = [f"entry {one.number}: {problem.field}: {problem.message}" for one in entries for problem in texts(one)]
    found += [
        f"entry {one.number}: at: lies in the future (check this machine's clock)"
        for one in entries
        if one.at_ms > session.clock.now_ms()
    ]
    if found:
        raise RegisterError(found)


@click.command()
@config_option
@ledger_option
@format_option
def imports(config: Path, ledger: Path | None, style: str) -> None:
    """List what was brought in from elsewhere, and what was taken back again."""
    from sla_monitor.ledger.recording.imports import imports_of

    print_imports(imports_of(ledger_path(config, ledger)), style)


@click.command("undo-import")
@config_option
@ledger_option
@click.argument("number", type=click.IntRange(1))
@click.option("--why", required=True, help="The reason, in words.")
@actor_option
@dry_run_option
@yes_option
@format_option
def undo_import(  # noqa: PLR0913, PLR0917 - one for each option
    config: Path, ledger: Path | None, number: int, why: str, actor: str, dry_run: bool, yes: bool, style: str
) -> None:
    """Take import NUMBER back, all of it: nothing of it counts any more, and its entries are undone.

    It stays in the ledger, with who took it back and why. Safe while the daemon runs.
    """
    from sla_monitor.ledger.recording.imports import imports_of

    path = ledger_path(config, ledger)
    found = next((one for one in imports_of(path) if one.record.number == number), None)
    if found is None:
        raise click.ClickException(f"there is no import {number} (see `sla-monitor ledger imports`)")
    if found.withdrawn is not None:
        raise click.ClickException(f"import {number} was taken back by {found.withdrawn.actor} already")
    take_back(EntrySession.open(found.contract, config, path, actor), found, why, ImportOptions(yes, dry_run, style))
