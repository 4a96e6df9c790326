"""Makes the pack that is asked for, puts it on the shelf, and sends it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.review_found import Found, extract

if TYPE_CHECKING:
    from sla_monitor.review.blocks import Pack
    from sla_monitor.review.case import Case
    from sla_monitor.settings import Mail


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: which renderings, of how many months or of which claim, for whom."""

    formats: list[str]
    months: int
    claim: str | None
    copy: str


@dataclass(frozen=True, slots=True)
class Post:
    """How the pack is sent; `mail` None: it is not. `is_dry`: it is only said."""

    mail: Mail | None
    is_dry: bool


def make(found: Found, wanted: Wanted, output: Path, post: Post) -> None:
    """One folder, replaced as a whole."""
    from sla_monitor.review.looks import outages_file
    from sla_monitor.review.make import renderings, with_manifest
    from sla_monitor.review.shelf import put

    case, text = _copy(found, wanted)
    whole = _pack(case, wanted)
    files = renderings(case, whole, text, wanted.formats, _progress(len(wanted.formats)))
    if wanted.claim is not None:
        files["evidence.json"] = extract(found)
    if "json" in wanted.formats and wanted.months == 1:
        files[f"{whole.name}-outages.json"] = outages_file(case, wanted.claim)
    files = with_manifest(case, files)
    put(output / whole.name, files)
    size = sum(map(len, files.values()))
    click.echo(f"{output / whole.name}: {len(files)} files, {size:,} bytes, {case.assessment.status}")
    if post.mail is not None:
        _send(case, whole, files, post.mail, post.is_dry)


def _send(case: Case, whole: Pack, files: Mapping[str, bytes], mail: Mail, is_dry: bool) -> None:
    from sla_monitor.cli.terminal import lines_of
    from sla_monitor.clock import SystemClock
    from sla_monitor.review.mail import message, send, told

    made = message(case, whole, files, mail, SystemClock().now_ms())
    if not is_dry:
        send(made, mail)
    click.echo(lines_of(told(made)) if is_dry else f"sent to {made['To']}")


def _copy(found: Found, wanted: Wanted) -> tuple[Case, str]:
    from sla_monitor.assess.document import document, document_text
    from sla_monitor.review.copies import for_supplier

    if wanted.copy == "authority":
        return found.case, found.document
    case = for_supplier(found.case)
    return case, document_text(document(case.assessment, case.inputs))


def _pack(case: Case, wanted: Wanted) -> Pack:
    from sla_monitor.review.claim import claim_pack
    from sla_monitor.review.figures import pack
    from sla_monitor.review.roll_up import roll_up

    if wanted.claim is not None:
        return claim_pack(case, wanted.claim)
    return pack(case) if wanted.months == 1 else roll_up(case, wanted.months)


def _progress(total: int) -> Callable[[str], None]:
    """Says which rendering is being made, to whoever sits at a terminal."""
    begun = iter(range(1, total + 1))

    def say(name: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"{next(begun)}/{total} {name}", err=True)

    return say
