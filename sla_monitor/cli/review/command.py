"""`sla-monitor review CONTRACT`: the pack for the monthly review meeting, and the list of those that were made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.review.pack_sources import PackChoice, Vouched, made_from
from sla_monitor.cli.shared.completion import contract_ids
from sla_monitor.cli.shared.options import config_option, copy_option, ledger_option, period_option
from sla_monitor.cli.shared.output_files import put_file, refuse_another

if TYPE_CHECKING:
    from sla_monitor.review.blocks import Pack
    from sla_monitor.review.pack_input import Copy, PackInput
    from sla_monitor.review.rendering.files import PackRequest
    from sla_monitor.settings import Mail, Settings

ALL = "html,pdf,xlsx,csv,json"
_folder = click.Path(file_okay=False, path_type=Path)
_file = click.Path(dir_okay=False, path_type=Path)


@click.command()
@config_option
@ledger_option
@click.argument("contract", required=False, shell_complete=contract_ids)
@period_option("The month, as 2026-10, or running; without it the last one that is over.")
@click.option("--evidence", type=_file, help="Work from this evidence file, and not from the ledger.")
@click.option("--output", type=_folder, help="The folder of the packs; without it, the one of the settings.")
@click.option("--format", "formats", default=ALL, show_default=True, help="Which renderings, with commas between.")
@click.option("--months", type=click.Choice(["1", "3", "12"]), default="1", show_default=True, help="How many in one.")
@click.option("--claim", metavar="KPI", help="In place of the whole pack, the claim for this KPI's failure.")
@copy_option
@click.option("--bundle", "is_bundled", is_flag=True, help="Also one ZIP with all that it takes to check the pack.")
@click.option("--replace", "replaces", is_flag=True, help="With --bundle: in place of another one of that name.")
@click.option("--send", is_flag=True, help="Send the pack by e-mail to those whom the settings name.")
@click.option("--message", type=_file, help="With --send: put the message into this file, and send nothing.")
@click.option("--dry-run", is_flag=True, help="With --send: say what would be sent to whom, and send nothing.")
@click.option("--list", "is_list", is_flag=True, help="List the packs in the folder, and whether they are whole.")
def review(  # noqa: PLR0913, PLR0917 - one for each option
    config: Path,
    ledger: Path | None,
    contract: str | None,
    period: str | None,
    evidence: Path | None,
    output: Path | None,
    formats: str,
    months: str,
    claim: str | None,
    copy: str,
    is_bundled: bool,
    replaces: bool,
    send: bool,
    message: Path | None,
    dry_run: bool,
    is_list: bool,
) -> None:
    """Make the review pack of CONTRACT (its id, or the path of its file) for a month.

    The pack is a folder, CONTRACT-2026-10, with the same figures as HTML, PDF, workbook, CSV and JSON, and a manifest
    of their digests. An earlier pack of the month is replaced as a whole. The same contract and the same evidence
    always give the same bytes. --months 3 or 12 makes one pack of a quarter or a year that ends with the month.

    --copy supplier, and a claim, leave out what the authority wrote for itself. --bundle adds CONTRACT-2026-10.zip:
    the pack with evidence, contract, calendars and checkpoints, for “sla-monitor verify”.
    """
    from sla_monitor.review.rendering.files import PackRequest

    folder = output or _settings(config).reviews.folder
    if is_list:
        _list(folder)
        return
    if contract is None:
        raise click.UsageError("the contract is missing (pass its id, or --list)")
    wanted = PackRequest(_formats(formats), int(months), claim)
    if claim is not None and months != "1":
        raise click.UsageError("--claim is for one month (leave --months out)")
    if is_bundled and "json" not in wanted.formats:
        raise click.UsageError("a bundle is checked by its JSON (add json to --format)")
    if replaces and not is_bundled:
        raise click.UsageError("--replace belongs to --bundle (write both)")
    if message is not None and not send:
        raise click.UsageError("--message belongs to --send (write both)")
    if dry_run and not send:
        raise click.UsageError("--dry-run belongs to --send (write both)")
    mail = _mail(config) if send else None
    whose: Copy = "supplier" if claim is not None or copy == "supplier" else "authority"
    with made_from(PackChoice(config, ledger, contract, period, evidence, whose)) as found:
        make(found, wanted, folder, Post(mail, dry_run, message), Bundling(is_bundled, replaces))


def _formats(text: str) -> list[str]:
    known = ALL.split(",")
    wanted = [name.strip() for name in text.split(",")]
    for name in wanted:
        if name not in known:
            raise click.BadParameter(f"{name[:20]!r} is not one of {ALL}", param_hint="--format")
    return wanted


def _settings(config: Path) -> Settings:
    from sla_monitor.settings import load_settings

    return load_settings(config)


def _mail(config: Path) -> Mail:
    mail = _settings(config).reviews.mail
    if mail is None:
        raise click.UsageError(f"{config} has no reviews.mail (name the server, the sender and the recipients)")
    return mail


def _list(shelf: Path) -> None:
    from sla_monitor.cli.shared.terminal import lines_of, table, width
    from sla_monitor.review.pack_store import shelved

    rows = [
        {
            "contract": one.contract,
            "month": one.month,
            "status": one.status,
            "copy": one.copy,
            "assessment": one.digest[:16],
            "files": "whole" if not one.changed else f"changed: {', '.join(one.changed)}",
            "folder": str(one.folder),
        }
        for one in shelved(shelf)
    ]
    click.echo(lines_of(table(rows, ("assessment", "copy"), width())) if rows else f"{shelf}: no packs")


@dataclass(frozen=True, slots=True)
class Post:
    """How the pack is sent; `mail` None: it is not. `is_dry`: it is only said. `file`: it is put there, for others to
    send."""

    mail: Mail | None
    is_dry: bool
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Bundling:
    """Whether the pack is bundled too, and whether in place of a bundle that is there."""

    is_wanted: bool
    replaces: bool


def make(vouched: Vouched, wanted: PackRequest, output: Path, post: Post, bundling: Bundling) -> None:
    """One folder, replaced as a whole, and beside it the bundle."""
    from sla_monitor.review.bundle.contents import (
        EVIDENCE,
        bundled,
        contract_files,
        digest,
        evidence_file,
        handed,
        of_wanted,
    )
    from sla_monitor.review.pack_store import put
    from sla_monitor.review.rendering.files import packed, with_manifest

    found, given = vouched.found, dict[str, bytes]()
    if wanted.claim is not None or bundling.is_wanted:
        given = {EVIDENCE: evidence_file(found), **contract_files(found)}
    case = found.case
    if wanted.claim is not None:
        digests = {name: digest(content) for name, content in given.items()}
        case = replace(case, handed=handed(case.assessment.contract, digests))
    whole, files = packed(case, found.document, wanted, _progress(len(wanted.formats)))
    bundle, content = output / f"{whole.name}.zip", b""
    if bundling.is_wanted:
        made = {**files, **given, **vouched.attached()}
        content = bundled(replace(found, case=case), whole.name, made, wanted, vouched.key, vouched.days)
        refuse_another(bundle, content, bundling.replaces)
    files = with_manifest(case, files | given if wanted.claim is not None else files, **of_wanted(wanted))
    put(output / whole.name, files)
    size = sum(map(len, files.values()))
    restated = "" if case.assessment.restatement is None else ", restated"
    click.echo(f"{output / whole.name}: {len(files)} files, {size:,} bytes, {case.assessment.status}{restated}")
    if bundling.is_wanted:
        put_file(bundle, content, bundling.replaces)
        click.echo(f"{bundle}: {len(content):,} bytes, for the {case.copy}; `sla-monitor verify` checks it")
    if post.mail is not None:
        _send(case, whole, files, post.mail, post)


def _send(case: PackInput, whole: Pack, files: Mapping[str, bytes], mail: Mail, post: Post) -> None:
    from sla_monitor.cli.shared.terminal import lines_of
    from sla_monitor.clock import SystemClock
    from sla_monitor.review.mail import describe_message, message, send
    from sla_monitor.review.posting import put_message

    made = message(case, whole, files, mail, SystemClock().now_ms())
    if post.is_dry:
        click.echo(lines_of(describe_message(made)))
    elif post.file is not None:
        put_message(post.file, made)
        click.echo(f"{post.file}: to be sent to {made['To']}")
    else:
        send(made, mail)
        click.echo(f"sent to {made['To']}")


def _progress(total: int) -> Callable[[str], None]:
    """Says which rendering is being made, to whoever sits at a terminal."""
    begun = iter(range(1, total + 1))

    def say(name: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"{next(begun)}/{total} {name}", err=True)

    return say
