"""`sla-monitor terms …`: a new version of a contract's file is proposed, read as a difference, and approved by a second
person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.entering import put_down
from sla_monitor.cli.register.entry_session import actor_option, session_options, system_login
from sla_monitor.cli.register.formatting import print_entered, print_json
from sla_monitor.cli.register.preview import ask
from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.options import config_option, format_option, ledger_option
from sla_monitor.cli.shared.sources import contract_argument
from sla_monitor.cli.shared.terminal import lines_of, plain, width

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sla_monitor.cli.terms.drafts import Draft

_reference = click.option("--reference", default="", help="A number in somebody's files: CCN-12.")
_evidence = click.option("--evidence", default="", help="Where the supporting documents are.")
_why = click.option("--why", required=True, help="The reason, in words.")


@click.group(cls=Commands)
def terms() -> None:
    """Propose new terms of a contract, approve them as a second person, and see which were in force when.

    Terms are the contract's file and the files of bank holidays that it names; they are known by one digest over all
    of them. With `terms: {approval: required}` in the settings, a changed file is in force only once it is approved.
    """


@terms.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "start", metavar="DATE", help="The day from which they are to be in force. [default: today]")
@config_option
@ledger_option
@actor_option
@click.option("--note", required=True, help="Why, in words.")
@_reference
@_evidence
@click.option("--dry-run", is_flag=True, help="Show what they change, and propose nothing.")
@format_option
def propose(  # noqa: PLR0913, PLR0917 - one for each option
    file: Path,
    start: str | None,
    config: Path,
    ledger: Path | None,
    actor: str,
    note: str,
    reference: str,
    evidence: str,
    dry_run: bool,
    style: str,
) -> None:
    """Propose FILE as the terms of its contract.

    What they change is shown in words, and in bands, points and money over the last twelve recorded months: as the file
    has them, which restates months that are over, and as if its last version had held in all of them. The files are
    kept in the ledger: an approval is of these bytes, and of no others. The day begins at midnight in the contract's
    zone; terms that are approved later come into force by their approval.
    """
    from sla_monitor.cli.terms.drafts import propose as propose_draft
    from sla_monitor.cli.terms.drafts import read_draft

    draft = read_draft(file, config, ledger)
    _check_role("propose-terms", draft.contract.id, {"config": config, "ledger": ledger, "actor": actor})
    start_ms = _midnight_ms(start, draft)
    if style != "json" or dry_run:
        _print_effect(draft, style)
    if dry_run:
        return
    session = draft.case.session(actor)
    entered = propose_draft(draft, session, start_ms, note=note, reference=reference, evidence=evidence)
    print_entered(session, entered, style)
    if style != "json":
        (entry,) = entered.entries
        click.echo(f"Somebody else approves it: sla-monitor terms approve {entry.contract} {entry.number}")


@terms.command("list")
@contract_argument
@config_option
@ledger_option
@format_option
def list_terms(contract: str, config: Path, ledger: Path | None, style: str) -> None:
    """List the proposals of CONTRACT, and which terms were in force when."""
    from sla_monitor.cli.terms.drafts import TermsCase
    from sla_monitor.cli.terms.formatting import format_history
    from sla_monitor.document.terms import history_document

    case = TermsCase.of(contract, config, ledger)
    history, changes = case.history(), case.changes()
    if style == "json":
        print_json(history_document(case.contract.id, history, changes))
        return
    click.echo(lines_of(format_history(case.contract, history, changes, width())))


@terms.command()
@contract_argument
@click.argument("number", type=click.IntRange(1), required=False)
@config_option
@ledger_option
@click.option("--output", type=click.Path(file_okay=False, path_type=Path), help="Write the files into this folder.")
@format_option
def show(contract: str, number: int | None, config: Path, ledger: Path | None, output: Path | None, style: str) -> None:
    """Show what the terms that entry NUMBER proposes change, in words and in money; or with --output write their files.

    They are compared with those approved before them; without NUMBER it is the terms in force of which the files are
    written.
    """
    from sla_monitor.cli.terms.drafts import TermsCase, proposed_draft, write_files

    case = TermsCase.of(contract, config, ledger)
    if number is None and output is None:
        raise click.UsageError("say which proposal (NUMBER, see `terms list`), or where to write the files (--output)")
    if output is not None:
        found = case.contract if number is None else proposed_draft(case, number)[0].contract
        for path in write_files(found, output):
            click.echo(plain(f"{path}"))
        return
    draft, _ = proposed_draft(case, number or 0)
    _print_effect(draft, style)


@terms.command()
@session_options
@click.argument("number", type=click.IntRange(1))
@click.option("--digest", help="The digest that was read. [default: the proposal's]")
@click.option("--note", default="", help="Why, in words.")
@_reference
@_evidence
def approve(number: int, digest: str | None, **given: Any) -> None:
    """Approve the terms of CONTRACT that entry NUMBER proposes, as somebody else than the proposer.

    What they change is shown first, and has to be confirmed. From their day on they are in force. An approval cannot be
    undone: propose the terms before, and have those approved.
    """
    from sla_monitor.cli.terms.drafts import TermsCase, proposed_draft

    draft, proposal = proposed_draft(TermsCase.of(given["contract"], given["config"], given["ledger"]), number)
    _check_role("approve-terms", draft.contract.id, given)
    if proposal.closed_by is None and given["style"] != "json":
        _print_effect(draft, "table", is_aside=True)
    ask(f"Approve the terms {proposal.said.digest[:12]}?", yes=given["yes"])
    words = {"about": number, "digest": digest or proposal.said.digest, "login": system_login()}
    put_down("terms_approved", words, **given)


@terms.command()
@session_options
@click.argument("number", type=click.IntRange(1))
@_why
def reject(number: int, why: str, **given: Any) -> None:
    """Reject the terms of CONTRACT that entry NUMBER proposes."""
    _check_role("approve-terms", given["contract"], given)
    put_down("terms_rejected", {"about": number}, note=why, reference="", evidence="", **given)


@terms.command()
@session_options
@click.argument("number", type=click.IntRange(1))
@_why
def withdraw(number: int, why: str, **given: Any) -> None:
    """Take back the terms of CONTRACT that you proposed as entry NUMBER."""
    put_down("terms_withdrawn", {"about": number}, note=why, reference="", evidence="", **given)


def _check_role(action: str, contract: str, given: Mapping[str, Any]) -> None:
    """Where the settings name users, the actor is one of them and has a role for it. A command takes people at their
    word all the same: the entry says so. Raises ClickException."""
    from sla_monitor.cli.shared.signers import settings_of
    from sla_monitor.settings.desk.access_table import TABLE, Action, allows

    settings, actor = settings_of(given["config"], given["ledger"]), given["actor"]
    users = {} if settings is None else {user.name: user for user in settings.desk.users}
    if not users:
        return
    user, wanted = users.get(actor), Action(action)
    if user is None or not allows(user.roles, wanted, contract):
        roles = ", ".join(sorted(TABLE[wanted].roles))
        raise click.ClickException(f"{plain(actor)} may not {TABLE[wanted].words} of {contract} (it takes: {roles})")


def _print_effect(draft: Draft, style: str, *, is_aside: bool = False) -> None:
    """`is_aside`: it is no answer, but what is asked about."""
    from sla_monitor.cli.terms.formatting import format_effect
    from sla_monitor.document.terms import effect_document
    from sla_monitor.register.effective import effective_entries
    from sla_monitor.register.entries import SignOff

    effect = draft.effect
    if effect is None:
        click.echo(f"{draft.contract.id} is a new contract: there is nothing to compare it with.", err=True)
    elif style == "json":
        print_json(effect_document(effect))
    else:
        signed = {said.month for _, said in effective_entries(draft.case.entries()).of(SignOff)}
        text = format_effect(draft.contract, effect, sorted(signed), width())
        click.echo(f"{lines_of(text)}\n", err=is_aside)


def _midnight_ms(start: str | None, draft: Draft) -> int:
    """When a day begins in the contract's zone; today, where none is named."""
    from sla_monitor.contract.fields import parse_day
    from sla_monitor.contract.local_time import local_date, midnight_ms

    zone = draft.contract.time_zone
    if start is None:
        return midnight_ms(local_date(draft.case.now_ms, zone), zone)
    try:
        return midnight_ms(parse_day(start), zone)
    except ValueError as error:
        raise click.BadParameter(f"{error}", param_hint="--from") from None
