"""Files that are attached to entries, as they are typed: read, checked, listed, handed out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.shared.output_files import replace_file
from sla_monitor.cli.shared.terminal import plain

if TYPE_CHECKING:
    from sla_monitor.ledger.recording.attached_files import Attachment
    from sla_monitor.register.attachments import Papers

attach_option = click.option(
    "--attach",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file to keep with it (pdf, png, jpg, txt, csv, eml, docx, xlsx, odt); may be given again.",
)


def papers_of(paths: Sequence[Path], config: Path, ledger: Path) -> Papers:
    """Raises RegisterError for what is not kept, and for more than there is room for."""
    from sla_monitor.register.attachments import Papers, papers

    if not paths:
        return Papers()
    from sla_monitor.cli.shared.signers import settings_of
    from sla_monitor.ledger import read_only
    from sla_monitor.settings.settings import AttachmentSettings

    settings = settings_of(config, ledger)
    room = AttachmentSettings() if settings is None else settings.attachments
    with read_only(ledger) as reader:
        there = reader.attached_bytes()
    return papers(((path.name, _read(path, room.file + 1)) for path in paths), room, there)


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as file:
        return file.read(most)


def document_of_attachment(one: Attachment) -> dict[str, Any]:
    """One as a program reads it."""
    from sla_monitor.register.instant import format_utc

    return {
        "name": one.file.name,
        "type": one.file.media_type,
        "sha256": one.file.digest,
        "size": one.file.size,
        "at": format_utc(one.at_ms),
        "actor": one.actor,
        "is_here": one.is_here,
    }


def describe_attachment(one: Attachment) -> str:
    """`mail.eml, 2,345 bytes, 1f2e3d4c5b6a (by ann)`, and where it is if it is not here."""
    from sla_monitor.ledger.recording.attached_files import NOT_HERE

    told = f"{plain(one.file.name)}, {one.file.size:,} bytes, {one.file.digest[:12]} (by {plain(one.actor)})"
    return told if one.is_here else f"{told}: {NOT_HERE}"


def write_attachment(ledger: Path, digest: str, output: Path) -> None:
    """Write an attached file where somebody says; its own name leads nowhere. `digest`: or its first digits, as many as
    it takes. Raises ClickException, LedgerError and its kinds."""
    from sla_monitor.ledger import read_only

    with read_only(ledger) as reader:
        found = {one.file.digest for one in reader.attachments() if one.file.digest.startswith(digest.lower())}
        if len(found) != 1 or len(digest) < 8:
            said = "no attached file has" if not found else "several attached files have"
            why = said if len(digest) >= 8 else "give at least 8 digits of"
            raise click.ClickException(f"{why} the digest {plain(digest[:64])} (see `sla-monitor register show`)")
        content = reader.kept_file(found.pop())
    replace_file(output, content)
    click.echo(f"{output}: {len(content):,} bytes", err=True)
