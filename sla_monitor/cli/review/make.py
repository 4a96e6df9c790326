"""Makes the pack that is asked for, puts it on the shelf, bundles and sends it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sla_monitor.cli.review.pack_sources import Vouched
from sla_monitor.cli.shared.output_files import put_file, refuse_another

if TYPE_CHECKING:
    from sla_monitor.review.blocks import Pack
    from sla_monitor.review.pack_input import Case
    from sla_monitor.review.rendering.files import Wanted
    from sla_monitor.settings import Mail


@dataclass(frozen=True, slots=True)
class Post:
    """How the pack is sent; `mail` None: it is not. `is_dry`: it is only said."""

    mail: Mail | None
    is_dry: bool


@dataclass(frozen=True, slots=True)
class Bundling:
    """Whether the pack is bundled too, and whether in place of a bundle that is there."""

    is_wanted: bool
    replaces: bool


def make(vouched: Vouched, wanted: Wanted, output: Path, post: Post, bundling: Bundling) -> None:
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
        content = bundled(replace(found, case=case), whole.name, files | given, wanted, vouched.key, vouched.days)
        refuse_another(bundle, content, bundling.replaces)
    files = with_manifest(case, files | given if wanted.claim is not None else files, **of_wanted(wanted))
    put(output / whole.name, files)
    size = sum(map(len, files.values()))
    click.echo(f"{output / whole.name}: {len(files)} files, {size:,} bytes, {case.assessment.status}")
    if bundling.is_wanted:
        put_file(bundle, content, bundling.replaces)
        click.echo(f"{bundle}: {len(content):,} bytes, for the {case.copy}; `sla-monitor verify` checks it")
    if post.mail is not None:
        _send(case, whole, files, post.mail, post.is_dry)


def _send(case: Case, whole: Pack, files: Mapping[str, bytes], mail: Mail, is_dry: bool) -> None:
    from sla_monitor.cli.shared.terminal import lines_of
    from sla_monitor.clock import SystemClock
    from sla_monitor.review.mail import message, send, told

    made = message(case, whole, files, mail, SystemClock().now_ms())
    if not is_dry:
        send(made, mail)
    click.echo(lines_of(told(made)) if is_dry else f"sent to {made['To']}")


def _progress(total: int) -> Callable[[str], None]:
    """Says which rendering is being made, to whoever sits at a terminal."""
    begun = iter(range(1, total + 1))

    def say(name: str) -> None:
        if sys.stderr.isatty():
            click.echo(f"{next(begun)}/{total} {name}", err=True)

    return say
