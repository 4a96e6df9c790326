"""`sla-monitor ledger …`: show, check and copy the record. Commands that replace it need the daemon to be stopped."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.ledger.archive import key, seal
from sla_monitor.cli.ledger.backfill import backfill
from sla_monitor.cli.ledger.compare import compare
from sla_monitor.cli.ledger.export import export
from sla_monitor.cli.ledger.import_evidence import import_evidence, imports, undo_import
from sla_monitor.cli.ledger.prune import prune
from sla_monitor.cli.shared.completion import endpoint_ids
from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.options import config_option, format_option, ledger_option
from sla_monitor.cli.shared.remedies import with_options
from sla_monitor.cli.shared.signers import signer, verifying_keys
from sla_monitor.cli.shared.sources import ledger_of, ledger_path, recorded
from sla_monitor.cli.shared.terminal import give_way, lines_of, plain, progress_bar, table, width
from sla_monitor.sla.places import is_from_afar

if TYPE_CHECKING:
    from sla_monitor.ledger import Reader
    from sla_monitor.ledger.chaining.chain_heads import PublishedHead
    from sla_monitor.ledger.housekeeping.restoring import Restored
    from sla_monitor.signing import VerifyingKey
    from sla_monitor.sla.observation import Observation
    from sla_monitor.sla.spans import Span

HEADINGS = {"last_look": "last probe", "looks": "probes"}
"""Of columns whose JSON key is older than the word in use."""

DISPENSABLE = ("evidence bytes", "last probe", "address", "probes", "detail")
"""What a narrow terminal does without, in this order."""


@click.group("ledger", cls=Commands)
def ledger_group() -> None:
    """Query the record of what was seen, check it, and copy it."""


for command in (export, seal, key, prune, import_evidence, imports, undo_import, backfill, compare):
    ledger_group.add_command(command)


@ledger_group.command()
@config_option
@ledger_option
@click.option(
    "--anchor",
    "anchors",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    multiple=True,
    help="A file with a head of the chain in it: a pack's manifest, a mail, a part of the journal. What came before the"
    " head must be what it was then, and its signature must hold.",
)
@click.option(
    "--key",
    "keys",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    multiple=True,
    help="The public key that signed the heads, as `ledger key` prints it; more than once for earlier ones. Without it,"
    " those of the settings.",
)
@click.option(
    "--since-sealed",
    is_flag=True,
    help="Check what was recorded since the last sealed day of each contract, in a second or two. `archive verify`"
    " checks the days themselves.",
)
@click.option("--gently", is_flag=True, help="Give way to everything else.")
def check(
    config: Path,
    ledger: Path | None,
    anchors: tuple[Path, ...],
    keys: tuple[Path, ...],
    since_sealed: bool,
    gently: bool,
) -> None:
    """Check everything: the file's structure, every row against the chain, and the spans against the observations.

    Safe while the daemon runs. Exit status 1 when anything is wrong.
    """
    if gently:
        give_way()
    path = ledger_path(config, ledger)
    if not since_sealed:
        _check_all(path, anchors, verifying_keys(config, ledger, keys) if anchors else ())
    elif anchors:
        raise click.UsageError("--anchor proves all that came before it: leave --since-sealed out")
    else:
        _check_since_sealed(config, path)


def _check_all(path: Path, anchors: tuple[Path, ...], keys: tuple[VerifyingKey, ...]) -> None:
    from sla_monitor.ledger.housekeeping.checking import check as check_ledger

    several = [(anchor, head) for anchor in anchors for head in _heads(anchor)]
    false = [f"{anchor}: {problem}" for anchor, head in several if (problem := head.problem(keys))]
    with progress_bar("Reading the observations") as progress:
        report = check_ledger(path, progress, [head.head for _, head in several])
    for name, count in report.counts.items():
        click.echo(f"{name.replace('_', ' '):<14} {count:>12,}")
    for note in report.notes:
        click.echo(f"{path}: {note}")
    for problem in (*(f"{path}: {problem}" for problem in report.problems), *false):
        click.echo(plain(with_options(problem)), err=True)
    if report.problems or false:
        sys.exit(1)
    if several:
        last = max((head.head for _, head in several), key=lambda head: head.link)
        signed = sum(head.signature is not None for _, head in several)
        told = f"{signed} signed and {len(several) - signed} unsigned heads"
        click.echo(f"{path}: unchanged up to link {last.link} ({last.observations:,} observations), by {told}")
    click.echo(f"{path}: whole")


def _check_since_sealed(config: Path, path: Path) -> None:
    from sla_monitor.cli.ledger.seal import last_sealed
    from sla_monitor.clock import SystemClock
    from sla_monitor.configuration import read_configuration
    from sla_monitor.ledger.housekeeping.checking import check_after

    sealed = last_sealed(read_configuration(config), SystemClock().now_ms())
    with progress_bar("Reading the observations") as progress:
        report = check_after(path, sealed.known, progress)
    for name, count in report.counts.items():
        click.echo(f"{name:<14} {count:>12,}")
    for problem in report.problems:
        click.echo(plain(f"{path}: {problem}"), err=True)
    if report.problems:
        sys.exit(1)
    click.echo(f"{path}: whole after {sealed.on}, the last sealed day; what was recorded before was not read")


def _heads(anchor: Path) -> list[PublishedHead]:
    from sla_monitor.ledger.chaining.chain_heads import heads_in

    heads = heads_in(anchor.read_bytes())
    if not heads:
        raise click.UsageError(f"{anchor}: there is no head of a chain in it (a line of `sla-monitor ledger head`)")
    return heads


@ledger_group.command()
@config_option
@ledger_option
def head(config: Path, ledger: Path | None) -> None:
    """Print the head of the chain: a line that, kept elsewhere, proves all that was recorded before it.

    Give it to `ledger check --anchor` in a file, whatever else is in that file. It is signed where there is a key.
    """
    from sla_monitor.clock import SystemClock
    from sla_monitor.ledger import read_only

    with read_only(ledger_path(config, ledger)) as reader:
        found = reader.head()
    if found is None:
        raise click.ClickException("there is no closed link yet; one is closed after an hour, or 1,000 rows")
    click.echo(found.line(SystemClock().now_ms(), signer(config, ledger)))


@ledger_group.command()
@config_option
@ledger_option
@click.option(
    "--incremental",
    is_flag=True,
    help="DESTINATION is an earlier backup of this ledger: add what was recorded since. Where there is none, make it.",
)
@click.argument("destination", type=click.Path(dir_okay=False, path_type=Path))
def backup(config: Path, ledger: Path | None, incremental: bool, destination: Path) -> None:
    """Copy the ledger, as it is now, to the new file DESTINATION.

    Safe while the daemon runs. The copy is complete and checked, or it is not there. With --incremental, DESTINATION is
    as the ledger is now, or as it was.
    """
    from sla_monitor.ledger.housekeeping.checking import backup as back_up
    from sla_monitor.ledger.housekeeping.increment import bring_up_to_date

    path = ledger_path(config, ledger)
    if incremental and destination.exists():
        added = bring_up_to_date(path, destination)
        click.echo(f"{destination}: {added.observations:,} observations added, {added.links:,} links")
        return
    with progress_bar("Copying") as progress:
        back_up(path, destination, progress)
    click.echo(f"{destination}: {destination.stat().st_size:,} bytes")


@ledger_group.command()
@config_option
@ledger_option
def init(config: Path, ledger: Path | None) -> None:
    """Make an empty ledger, as the daemon does at its first start."""
    from sla_monitor.errors import LedgerError
    from sla_monitor.ledger.opening import make_ledger

    path = ledger or ledger_of(config)
    if path.exists():
        raise LedgerError(f"{path}: there is a ledger already, or a file of another kind; nothing was changed")
    make_ledger(path)
    click.echo(f"{path}: made")


@ledger_group.command()
@config_option
@ledger_option
@click.argument("copy", type=click.Path(dir_okay=False, exists=True, path_type=Path))
def restore(config: Path, ledger: Path | None, copy: Path) -> None:
    """Put COPY, a backup, in the ledger's place. Stop the daemon first.

    The copy is checked in full before anything is touched. It gets the owner and mode of the ledger that it replaces,
    or of its folder. The ledger that was there is kept beside it, with its log. What was recorded after the backup is
    told.
    """
    from sla_monitor.clock import SystemClock
    from sla_monitor.ledger.housekeeping.restoring import restore as put_back
    from sla_monitor.register.instant import format_utc

    path = ledger or ledger_of(config)
    with progress_bar("Checking the copy") as progress:
        restored = put_back(copy, path, SystemClock().now_ms(), progress)
    for kept in restored.kept:
        click.echo(f"{kept}: kept, it was in this place")
    last = "" if restored.last_ms is None else f", the last of {format_utc(restored.last_ms)}"
    click.echo(f"{path}: restored, {restored.observations:,} observations{last}")
    click.echo(f"{path}: {_lacking(restored)}")


def _lacking(restored: Restored) -> str:
    """What was recorded after the backup, and is not in the ledger any more."""
    if restored.lacking == 0:
        return "nothing was recorded after that"
    if restored.lacking is not None:
        return (
            f"{restored.lacking:,} observations were recorded after that: they are in what was kept and nowhere else,"
            " and their time is unknown"
        )
    why = "the ledger that was here cannot be read" if restored.kept else "there was no ledger here"
    return f"what was recorded after that is lost, and its time is unknown; how much cannot be determined: {why}"


@ledger_group.command("rebuild-spans")
@config_option
@ledger_option
@click.option(
    "--clock-is-right",
    is_flag=True,
    help="Record first that the clock is right now: what lies in the future ends, and the time in doubt is unknown.",
)
def rebuild_spans(config: Path, ledger: Path | None, clock_is_right: bool) -> None:
    """Work the spans out again from the observations, which are never changed. Stop the daemon first."""
    from sla_monitor.clock import SystemClock
    from sla_monitor.ledger.housekeeping.rebuilding import rebuild_spans as rebuild
    from sla_monitor.ledger.reading.record_lead import end_future

    path = ledger_path(config, ledger)
    if clock_is_right:
        ended_s = end_future(path, SystemClock().now_ms()) // 1000
        click.echo(f"{path}: {f'{ended_s} s of the future ended' if ended_s else 'nothing lies in the future'}")
    with progress_bar("Reading the observations") as progress:
        changed = rebuild(path, progress)
    click.echo(f"{path}: rebuilt; rows of spans that differed: {changed}")


@ledger_group.command()
@config_option
@ledger_option
@click.argument("endpoint", required=False, shell_complete=endpoint_ids)
@click.option("--last", type=click.IntRange(1, 10_000), default=10, show_default=True, help="How many of each.")
@format_option
def show(config: Path, ledger: Path | None, endpoint: str | None, last: int, style: str) -> None:
    """Show the last spans and observations of ENDPOINT: its id, CONTRACT/ID, or SITE@CONTRACT/ID.

    Without one, every endpoint. Times are UTC. Safe while the daemon runs.
    """
    with recorded(config, ledger) as reader:
        told = _everything(reader) if endpoint is None else _one(reader, _key(reader, endpoint), last)
    click.echo(json.dumps(told, indent=2) if style == "json" else _tables(told))


def _key(reader: Reader, endpoint: str) -> str:
    known = list(reader.last_spans())
    # Without a place it is what was seen from here.
    keys = [key for key in known if key == endpoint or (key.partition("/")[2] == endpoint and not is_from_afar(key))]
    if len(keys) != 1:
        problem = "names several endpoints" if keys else "was never seen"
        raise click.UsageError(f"{endpoint!r} {problem} (write one of: {', '.join(keys or known)})")
    return keys[0]


def _everything(reader: Reader) -> dict[str, list[dict[str, Any]]]:
    return {"endpoints": [{"endpoint": key, **_span(span)} for key, span in reader.last_spans().items()]}


def _one(reader: Reader, key: str, last: int) -> dict[str, list[dict[str, Any]]]:
    return {
        "spans": [_span(span) for span in reader.latest_spans(key, last)],
        "observations": [_observation_json(observation) for observation in reader.latest_observations(key, last)],
    }


def _span(span: Span) -> dict[str, Any]:
    return {
        "start": _instant(span.start_ms),
        "end": _instant(span.end_ms),
        "last_look": _instant(span.seen_ms),
        "outcome": span.outcome.value,
        "reason": span.reason and span.reason.value,
        "looks": span.probes,
    }


def _observation_json(observation: Observation) -> dict[str, Any]:
    finding = observation.finding
    return {
        "at": _instant(observation.at_ms),
        "outcome": finding.outcome.value,
        "reason": finding.reason and finding.reason.value,
        "duration_ms": finding.duration_us / 1000,
        "address": finding.address,
        "status": finding.status,
        "detail": finding.detail,
        "evidence_bytes": len(finding.evidence),
    }


def _instant(ms: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _tables(told: dict[str, list[dict[str, Any]]]) -> str:
    return "\n\n".join(f"{title}\n{_table(rows)}" if rows else f"{title}: none" for title, rows in told.items())


def _table(rows: list[dict[str, Any]]) -> str:
    cells = [{_heading(key): "" if value is None else str(value) for key, value in row.items()} for row in rows]
    return lines_of(table(cells, DISPENSABLE, width()))


def _heading(key: str) -> str:
    return HEADINGS.get(key, key.replace("_", " "))
