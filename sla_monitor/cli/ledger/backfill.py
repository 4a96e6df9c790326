"""`sla-monitor ledger backfill …`: time that nobody saw here, from what other monitors recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sla_monitor.cli.ledger.import_evidence import actor_option, dry_run_option, yes_option
from sla_monitor.cli.ledger.import_steps import ImportOptions, bring
from sla_monitor.cli.register.entry_session import EntrySession
from sla_monitor.cli.register.import_csv import dates_option, map_option
from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.options import config_option, format_option, ledger_option
from sla_monitor.cli.shared.sources import contract_argument
from sla_monitor.cli.shared.terminal import progress_bar

if TYPE_CHECKING:
    from sla_monitor.backfill.probe_lists import BackfillRecord, Probe
    from sla_monitor.contract.kpis.prometheus_source import PrometheusSource

Command = Callable[..., None]
_file = click.Path(dir_okay=False, path_type=Path)


@click.group(cls=Commands)
def backfill() -> None:
    """Fill time that nobody saw from what another monitor recorded.

    What was seen here stands. What is brought in is told wherever its figures are, and undone as a whole (ledger
    undo-import). Safe while the daemon runs.
    """


def _bringing(command: Command) -> Command:
    """The options that all of these commands have."""
    options: tuple[Callable[[Command], Command], ...] = (
        format_option,
        yes_option,
        dry_run_option,
        click.option("--note", default="", help="Why, in words."),
        actor_option,
        ledger_option,
        config_option,
        contract_argument,
    )
    for option in options:
        command = option(command)
    return command


def _range(*, needed: bool) -> Callable[[Command], Command]:
    first = click.option("--from", "first", required=needed, help="From this instant on, as 2026-10-01.")
    last = click.option("--until", "last", required=needed, help="End, exclusive.")
    return lambda command: first(last(command))


def _duration(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    from sla_monitor.contract.fields import parse_duration

    try:
        found = None if text is None else parse_duration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if found == 0:
        raise click.BadParameter("must be longer than zero")
    return found


def pairs(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """`ENDPOINT=…`, each endpoint once; what follows may have more such signs in it."""
    found = [each.partition("=") for each in given]
    told = {name.strip(): value.strip() for name, _, value in found}
    if wrong := [text for text, one in zip(given, found, strict=True) if not one[0].strip() or not one[2].strip()]:
        raise click.BadParameter(f"{wrong[0][:60]!r} is no pair (write {parameter.metavar})", context)
    if len(told) < len(found):
        raise click.BadParameter("names an endpoint twice (write each once)", context)
    return told


every_option = click.option(
    "--every", "every_ms", callback=_duration, help="For how long a probe vouches: the time between two, as 60s."
)


@backfill.command()
@_bringing
@click.argument("url")
@click.option(
    "--series",
    multiple=True,
    required=True,
    callback=pairs,
    metavar="ENDPOINT=QUERY",
    help="What is asked for an endpoint: a series or expression that is 1 where all was well, and else 0.",
)
@_range(needed=True)
@click.option("--step", "step_ms", default="60s", show_default=True, callback=_duration, help="Between evaluations.")
@every_option
@click.option("--bounded", is_flag=True, help="Expressions look back no further than a step by themselves.")
@click.option("--bearer-token", help="${env:NAME} or ${file:PATH}: sent as Authorization: Bearer.")
@click.option("--ca-file", type=_file, help="Trust only this CA bundle, not the system's.")
def prometheus(url: str, series: dict[str, str], step_ms: int, every_ms: int | None, **given: Any) -> None:
    """Ask the Prometheus at URL, as http://127.0.0.1:9090, for what it has on record of CONTRACT's endpoints.

    A plain series, such as blackbox's probe_success{instance="…"}, is read sample by sample, with the instants of its
    scrapes; another expression is evaluated every --step, and looks back no further than that.
    """
    from sla_monitor.backfill.probe_lists import Probes, of_values
    from sla_monitor.errors import BackfillError
    from sla_monitor.queries.asking import NoAnswer
    from sla_monitor.queries.past_values import History

    asking = _Asking.of(given)
    range_ms, digest = asking.range_ms(given), sha256()
    history = History(_prometheus(url, given), range_ms, step_ms, given["bounded"])
    asking.check(series)

    def probes(progress: Callable[[int, int], None]) -> Iterator[Probe]:
        for endpoint, query in series.items():
            for probe in of_values(endpoint, history.samples(query, progress), every_ms):
                digest.update(f"{probe.endpoint} {probe.at_ms} {probe.outcome}\n".encode())
                yield probe

    with Probes() as several:
        try:
            with progress_bar("Asking") as progress:
                several.add(probes(progress))
        except NoAnswer as error:
            raise BackfillError([f"{url}: {error}"]) from None
        told = several.collected("sample ", ()).until(range_ms[1])
    told.of(series)
    what = {"series": series, "step_ms": step_ms, "every_ms": every_ms}
    asking.bring(told, _Origin("prometheus", url, digest.hexdigest(), range_ms, what))


@backfill.command("uptime-kuma")
@_bringing
@click.argument("database", type=_file)
@click.option(
    "--monitor",
    "monitors",
    multiple=True,
    required=True,
    callback=pairs,
    metavar="ENDPOINT=MONITOR",
    help="Which of its monitors stands for an endpoint: its number, or its name.",
)
@_range(needed=False)
@every_option
def uptime_kuma(database: Path, monitors: dict[str, str], every_ms: int | None, **given: Any) -> None:
    """Read the probes in DATABASE, the kuma.db of an Uptime Kuma (1 or 2, SQLite), of CONTRACT's endpoints.

    A probe that it was still retrying has failed; in its maintenance nobody probed. Each probe vouches for the
    monitor's interval.
    """
    from sla_monitor.backfill.uptime_kuma import Kuma

    asking = _Asking.of(given)
    asking.check(monitors)
    range_ms = asking.range_ms(given)
    with progress_bar("Reading") as progress:
        told, digest = Kuma(database, monitors, every_ms, range_ms).read(asking.single, progress)
    told = told.until(range_ms[1])
    told.of(monitors)
    what = {"monitors": monitors, "every_ms": every_ms}
    asking.bring(told, _Origin("uptime-kuma", database.name, digest, told.range_ms, what))


@backfill.command("csv")
@_bringing
@click.argument("file", type=_file)
@click.option("--kind", type=click.Choice(["outages", "probes"]), required=True, help="What each row is.")
@click.option(
    "--endpoint", "endpoints", multiple=True, help="What rows are about that name no endpoint; again for more."
)
@click.option("--service", "services", multiple=True, help="The same for all endpoints of a service.")
@_range(needed=False)
@every_option
@map_option
@dates_option
@click.option("--zone", help="The time zone of times without an offset; without it, the contract's.")
def csv_file(file: Path, kind: Any, every_ms: int | None, columns: dict[str, str], **given: Any) -> None:
    """Read FILE, a CSV file of outages or of probes, of CONTRACT's endpoints.

    Outages: start, end, and reason, endpoint or service if there are such columns; what they tell is that the endpoints
    were up from --from to --until but for these. Probes: at, outcome (up, down, 1, 0, …), and endpoint, reason,
    duration_ms; each vouches for --every.
    """
    from sla_monitor.backfill.csv_file import FIELDS, CsvFile
    from sla_monitor.evidence.rules import endpoints_by_service

    asking = _Asking.of(given)
    if unknown := set(columns.values()) - set(FIELDS[kind]):
        raise click.UsageError(f"--map: there is no field {min(unknown)!r} (there are {', '.join(FIELDS[kind])})")
    if kind == "outages" and not (given["first"] and given["last"]):
        raise click.UsageError("the time that the outages cover is missing (pass --from and --until)")
    if kind == "probes" and every_ms is None:
        raise click.UsageError("the interval between two probes is missing (pass --every)")
    by_service = endpoints_by_service(asking.session.contract)
    asking.check(given["endpoints"])
    _known("service", given["services"], by_service)
    whole = (*given["endpoints"], *(name for service in given["services"] for name in by_service[service]))
    zone, range_ms = asking.zone(given["zone"]), asking.range_ms(given)
    read = CsvFile(file, kind, zone, by_service, tuple(dict.fromkeys(whole)), columns, given["dates"])
    with progress_bar("Reading") as progress:
        if every_ms is None or kind == "outages":
            told, digest = read.outages(range_ms, progress)
        else:
            told, digest = read.probes(every_ms, range_ms, asking.single, progress)
            told = told.until(range_ms[1])
            range_ms = told.range_ms
    what = {"columns": columns, "dates": given["dates"], "zone": zone.key, "every_ms": every_ms}
    asking.bring(told, _Origin(f"csv-{kind}", file.name, digest, range_ms, what))


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where something comes from: its kind, its name, SHA-256, the time that it tells of, and how it was read."""

    kind: str
    source: str
    digest: str
    range_ms: tuple[int, int]
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Asking:
    """For which contract something is brought in, and how."""

    session: EntrySession
    options: ImportOptions
    note: str

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> _Asking:
        session = EntrySession.open(given["contract"], given["config"], given["ledger"], given["actor"])
        return cls(session, ImportOptions(given["yes"], given["dry_run"], given["style"]), given["note"])

    def check(self, endpoints: Iterable[str]) -> None:
        """Raises click's error for an endpoint that the contract never had."""
        from sla_monitor.evidence.source import endpoint_keys

        _known("endpoint", endpoints, [key.partition("/")[2] for key in endpoint_keys(self.session.contract)])

    @property
    def single(self) -> frozenset[str]:
        """The endpoints whose single observations matter."""
        from sla_monitor.evidence.source import sampled_keys

        return frozenset(key.partition("/")[2] for key in sampled_keys(self.session.contract))

    def range_ms(self, given: Mapping[str, Any]) -> tuple[int, int]:
        """From when until when; without an end up to now. Local times are in the contract's zone, or the one named."""
        from sla_monitor.register.instant import parse_instant

        zone, found = self.zone(given.get("zone")), []
        for name, text, default in (
            ("--from", given["first"], 0),
            ("--until", given["last"], self.session.clock.now_ms()),
        ):
            try:
                found.append(default if text is None else parse_instant(text, zone))
            except ValueError as error:
                raise click.BadParameter(str(error), param_hint=name) from None
        if found[0] >= found[1]:
            raise click.BadParameter("must be after --from", param_hint="--until")
        return found[0], found[1]

    def zone(self, name: str | None) -> Any:
        from zoneinfo import ZoneInfo, available_timezones

        if name is None:
            return self.session.contract.time_zone
        if name not in available_timezones():
            raise click.BadParameter(f"{name[:40]!r} is no time zone (write Europe/London)", param_hint="--zone")
        return ZoneInfo(name)

    def bring(self, told: BackfillRecord, origin: _Origin) -> None:
        from sla_monitor.contract.contract import endpoint_key
        from sla_monitor.ledger.recording.imports import ImportDraft
        from sla_monitor.sla.overlay import Import

        session, contract = self.session, self.session.contract.id
        record = Import(
            0, session.clock.now_ms(), session.actor, origin.kind, origin.source, origin.digest, *origin.range_ms
        )
        spans = {endpoint_key(contract, name): several for name, several in sorted(told.spans.items())}
        samples = {endpoint_key(contract, name): several for name, several in sorted(told.samples.items())}
        bring(session, ImportDraft(record, contract, spans, samples, (), self.note, origin.details), self.options)


def _known(what: str, wanted: Iterable[str], names: Collection[str]) -> None:
    from sla_monitor.contract.reading.nearest import suggestion

    for name in wanted:
        if name not in names:
            raise click.UsageError(f"no such {what}: {name[:63]} ({suggestion(name, names)})")


def _prometheus(url: str, given: Mapping[str, Any]) -> PrometheusSource:
    """Where to ask, checked as a contract's would be. Raises click's error."""
    from sla_monitor.contract.kpis.prometheus_source import source_at

    more = {name: f"{given[name]}" for name in ("bearer_token", "ca_file") if given[name] is not None}
    try:
        return source_at(url, Path.cwd(), **more)
    except ValueError as error:
        raise click.BadParameter(f"{url[:80]!r}: {error}", param_hint="URL") from None
