"""`sla-monitor reconcile CONTRACT`: our outages against the supplier's own list, outage by outage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.register.entering import enter
from sla_monitor.cli.register.entry_session import EntrySession, session_options
from sla_monitor.cli.register.import_csv import content_of, dates_option, map_option
from sla_monitor.cli.register.preview import changes
from sla_monitor.cli.shared.options import period_option
from sla_monitor.cli.shared.sources import chosen_contract, last_closed, month_named, recorded

if TYPE_CHECKING:
    from sla_monitor.assess.reconciliation import Reconciliation, RecordedList
    from sla_monitor.contract.contract import Contract
    from sla_monitor.document.reconciled import Previewed
    from sla_monitor.register.entries import Entry, OutageList
    from sla_monitor.register.outage_lists import StatusImpact
    from sla_monitor.sla.evidence import Evidence

_file = click.Path(dir_okay=False, path_type=Path)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which months of a contract, as known when, and which list of the supplier's beside those that are kept."""

    contract: Contract
    months: tuple[str, ...]
    now_ms: int
    supposed: RecordedList | None = None
    left_out: Mapping[str, int] | None = None


@click.command()
@session_options
@period_option("The month, as 2026-10, or running; without it the last one that is over.")
@click.option("--months", type=click.IntRange(1, 120), default=1, help="So many months, up to this one.")
@click.option("--theirs", type=_file, help="The supplier's list: CSV, or incidents.json of its status page.")
@click.option("--names", type=_file, help="A YAML file with what the supplier calls our services.")
@map_option
@dates_option
@click.option(
    "--impact",
    "impacts",
    type=click.Choice(["none", "minor", "major", "critical", "maintenance"]),
    multiple=True,
    help="Incidents of a status page with this impact are outages. [default: minor, major, critical]",
)
@click.option(
    "--service", "services", multiple=True, help="Compare this service alone; may be given again. [default: all]"
)
@click.option("--tolerance", help="How far edges may differ and still agree. [default: 2m]")
@click.option("--keep", is_flag=True, help="Enter the list in the register; page, pack and JSON show it from then on.")
@click.option("--reference", default="", help="With --keep: a number in somebody's files.")
@click.option("--note", default="", help="With --keep: a note on the list.")
@click.option("--preview", is_flag=True, help="Also what each entry that is suggested would change.")
@click.option("--evidence", type=_file, help="Work from this evidence file, and not from the ledger.")
def reconcile(  # noqa: PLR0913, PLR0917 - one for each option
    period: str | None,
    months: int,
    theirs: Path | None,
    names: Path | None,
    columns: dict[str, str],
    dates: Any,
    impacts: tuple[Any, ...],
    services: tuple[str, ...],
    tolerance: str | None,
    keep: bool,
    reference: str,
    note: str,
    preview: bool,
    evidence: Path | None,
    **given: Any,
) -> None:
    """Compare the outages of CONTRACT with the supplier's own list.

    Agreed, ours only, theirs only, different in length, or in time in which we saw nothing; with the command for each
    difference that enters it as a correction, a claim or a dispute. Without --theirs, the lists that are kept.
    docs/how-to/reconcile-outages.md says how outages are matched.
    """
    if theirs is None and (keep or names or columns or impacts or services or tolerance):
        raise click.UsageError("--theirs is missing (the supplier's list)")
    if evidence is not None and (given["ledger"] or keep or preview):
        raise click.UsageError("--evidence excludes --ledger, --keep and --preview (leave one of them out)")
    scope, source = _scope(given["contract"], given["config"], period, months, evidence)
    if theirs is not None:
        reading = ListOptions(theirs, names, columns, dates, impacts, services, tolerance)
        scope = _with_list(scope, reading)
        if keep:
            entry = _kept(scope, {"reference": reference, "note": note, "evidence": theirs.name}, given)
            scope = replace(scope, supposed=None, now_ms=entry.at_ms)
    if source is not None:
        found = _reconciled(scope, source)
    else:
        with recorded(given["config"], given["ledger"]) as ledger:
            found = _reconciled(scope, ledger)
    _print_result(scope, found, _previews(scope, found, given) if preview else None, given["style"])


def _scope(
    name: str, config: Path, period: str | None, count: int, evidence: Path | None
) -> tuple[Scope, Evidence | None]:
    from sla_monitor.cli.shared.evidence_files import read_together
    from sla_monitor.clock import SystemClock
    from sla_monitor.periods.edges import run_of
    from sla_monitor.periods.months import shifted

    if evidence is None:
        contract, seen = chosen_contract(name, config), None
    else:
        with read_together(name, config, evidence) as both:
            contract, seen = both.contract, both.evidence
    now_ms = SystemClock().now_ms() if seen is None else seen.as_of_ms
    try:
        text = period or last_closed(contract, now_ms if seen is None else seen.until_ms)
        last = month_named(text, contract, now_ms)
    except click.BadParameter as error:
        error.param_hint = "--period"
        raise
    begins = run_of(contract).first
    months = (shifted(last, -back) for back in reversed(range(count)))
    return Scope(contract, tuple(month for month in months if month >= begins), now_ms), seen


@dataclass(frozen=True, slots=True)
class ListOptions:
    """A file of the supplier's and how to read it."""

    file: Path
    names: Path | None
    columns: dict[str, str]
    dates: Any
    impacts: tuple[StatusImpact, ...]
    services: tuple[str, ...]
    tolerance: str | None


def _with_list(scope: Scope, reading: ListOptions) -> Scope:
    """The list of a file for the months that are asked for. Raises SlaMonitorError and its kinds."""
    from sla_monitor.assess.reconciliation import RecordedList
    from sla_monitor.periods.edges import period_of
    from sla_monitor.register.csv_sheet import LISTED
    from sla_monitor.register.entries import OutageList
    from sla_monitor.register.entry_parsing import body_of
    from sla_monitor.register.instant import Milliseconds, format_utc
    from sla_monitor.register.kinds.outage_list import TOLERANCE_MS
    from sla_monitor.register.outage_lists import IMPACTS, ListFile, read_list

    if unknown := set(reading.columns.values()) - set(LISTED):
        known = ", ".join(LISTED)
        raise click.UsageError(f"--map: an outage has no field {min(unknown)!r} (it has {known})")
    period = period_of(scope.contract, scope.months[0], scope.months[-1])
    span_ms = (period.start_ms, min(period.end_ms, scope.now_ms))
    names = {} if reading.names is None else _names(reading.names)
    impacts = reading.impacts or IMPACTS
    content = content_of(reading.file)
    source = ListFile(reading.file.name, content, reading.columns, reading.dates, names, impacts, reading.services)
    read = read_list(source, scope.contract, span_ms)
    if read.ignored:
        click.echo(f"columns left out: {', '.join(map(repr, read.ignored))}", err=True)
    if read.start_ms > span_ms[0]:
        click.echo(f"{reading.file.name}: covers nothing before {format_utc(read.start_ms)}", err=True)
    words = {
        "start": Milliseconds(read.start_ms),
        "end": Milliseconds(span_ms[1]),
        "services": reading.services,
        "tolerance_ms": TOLERANCE_MS if reading.tolerance is None else _tolerance(reading.tolerance),
        "digest": source.digest,
        "left_out": sum(read.left_out.values()),
        "outages": read.outages,
    }
    said = body_of("outage_list", words, scope.contract.time_zone)
    assert isinstance(said, OutageList)  # noqa: S101 - the kind says so
    _check(scope, said)
    return replace(scope, supposed=RecordedList(None, said), left_out=read.left_out)


def _check(scope: Scope, said: OutageList) -> None:
    """Also a list that is not kept must be one that could be. Raises RegisterError."""
    from sla_monitor.errors import RegisterError
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.entry_parsing import entry_of
    from sla_monitor.register.rules import problems

    draft = entry_of(said, at_ms=scope.now_ms, actor="supplier", contract=scope.contract.id)
    if found := problems(draft, EntryContext.of(scope.contract, ())):
        raise RegisterError(found)


def _names(file: Path) -> Mapping[str, str | None]:
    from sla_monitor.contract.reading.model_file import load_model
    from sla_monitor.register.outage_lists import NamesFile

    return load_model(file, NamesFile).names


def _tolerance(text: str) -> int:
    from sla_monitor.contract.fields import parse_duration

    try:
        return parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--tolerance") from None


def _kept(scope: Scope, more: dict[str, str], given: Mapping[str, Any]) -> Entry:
    from sla_monitor.errors import RegisterError
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.rules import problems

    session = EntrySession.open(given["contract"], given["config"], given["ledger"], given["actor"])
    assert scope.supposed is not None  # noqa: S101 - it was read a moment ago
    draft = session.entry(scope.supposed.outage_list, **more)

    def propose(said: Callable[[], Sequence[Entry]]) -> Sequence[Entry]:
        if found := problems(draft, EntryContext(session.contract, said)):
            raise RegisterError(found)
        return [draft]

    (entry,) = enter(session, propose, yes=given["yes"]).entries
    click.echo(f"The list is entry {entry.number} of the register.", err=True)
    return entry


def _reconciled(scope: Scope, source: Evidence) -> list[Reconciliation]:
    from sla_monitor.assess.month import reconcile_month

    several = (reconcile_month(scope.contract, source, one, scope.now_ms, scope.supposed) for one in scope.months)
    return [one for one in several if one is not None]


def _previews(scope: Scope, found: Sequence[Reconciliation], given: Mapping[str, Any]) -> list[Previewed]:
    """What every entry that is suggested would change in months that are over, each by itself, and granted where that
    is asked for."""
    from sla_monitor.document.reconciled import FigureChange
    from sla_monitor.register.entry_context import EntryContext
    from sla_monitor.register.entry_parsing import body_of
    from sla_monitor.register.instant import Milliseconds
    from sla_monitor.register.rules import problems

    session = EntrySession.open(given["contract"], given["config"], given["ledger"], given["actor"])
    previews: list[Previewed] = []
    for remedy in (remedy for month in found for remedy in month.remedies):
        span = {"start": Milliseconds(remedy.start_ms), "end": Milliseconds(remedy.end_ms)}
        said = body_of(remedy.kind, {"services": [remedy.service], **span, **dict(remedy.words)}, session.zone)
        draft = session.entry(said, note=remedy.note)
        number = session.register.last_number(scope.contract.id) + 1
        new, refused = (
            [draft.model_copy(update={"number": number})],
            problems(draft, EntryContext(scope.contract, session.entries)),
        )
        if needs_decision := said.asks_for_decision(scope.contract):
            granted = session.entry(body_of("decision", {"about": number, "granted": True}, session.zone))
            new.append(granted.model_copy(update={"number": number + 1}))
        rows = [] if refused else changes(session, new)
        told = [FigureChange(month=r["month"], figure=r["figure"], before=r["before"], after=r["after"]) for r in rows]
        previews.append(
            {
                "command": remedy.command(scope.contract.id),
                "refused": refused,
                "needs_decision": needs_decision,
                "changes": told,
            }
        )
    return previews


def _print_result(scope: Scope, found: Sequence[Reconciliation], previews: list[Previewed] | None, style: str) -> None:
    from sla_monitor.cli.reconcile.comparison_table import format_reconciliation
    from sla_monitor.cli.shared.terminal import lines_of, width
    from sla_monitor.document import document_text, reconciliation_document

    left_out = scope.left_out or {}
    if style == "json":
        click.echo(document_text(reconciliation_document(scope.contract.id, found, left_out, previews)), nl=False)
        return
    told = format_reconciliation(scope.contract, scope.months, found, left_out, previews, width())
    click.echo(lines_of(told))
