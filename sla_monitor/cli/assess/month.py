"""One contract in one month, for the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sla_monitor.assess.assessment import (
    VIEWS,
    ContractAssessment,
    Excluded,
    Figure,
    KpiAssessment,
    KpiForecast,
    Restatement,
    ServiceAssessment,
)
from sla_monitor.assess.counting_in_words import imported_words
from sla_monitor.assess.open_points import AT_MOST_LEFT, leaves_at_most, unassessed
from sla_monitor.assess.relief import is_granted
from sla_monitor.assess.rulings import RequestContext
from sla_monitor.cli.register.formatting import format_entry
from sla_monitor.cli.shared.terminal import NONE, Row, plain, table, wrapped
from sla_monitor.contract.contract import Contract
from sla_monitor.periods.intervals import Intervals, intersect, length
from sla_monitor.register.effective import effective_entries
from sla_monitor.register.entries import Claim, Entry, Maintenance, SignOff
from sla_monitor.sla.results import CapResult, CreditLine, PeriodResult
from sla_monitor.wording.durations import format_duration, format_exact_duration
from sla_monitor.wording.entries import EntryWording
from sla_monitor.wording.figure_changes import MET, differences
from sla_monitor.wording.figures import NO_FIGURE, format_figure, format_level
from sla_monitor.wording.instants import format_day, format_day_at, format_instant, format_month, format_stretch
from sla_monitor.wording.numbers import (
    format_count,
    format_counted_points,
    format_money,
    format_percent,
    format_points,
    format_ratio,
)
from sla_monitor.wording.text import format_list
from sla_monitor.wording.vocabulary import describe_cap, describe_id

STATUS = {
    "running": "running: figures so far",
    "provisional": "provisional: it has ended, and nobody has signed it off",
    "final": "final: signed off",
}
VIEWS_TOLD = (
    "gross: nothing is excluded; claimed: every request is excluded; agreed: only granted requests are. Bands, points"
    " and money go by the agreed figure."
)
DISPENSABLE = ("title", "clause", "repeat", "coverage")
"""What a narrow terminal does without, in this order; the three views stay side by side."""


def format_assessment(one: ContractAssessment, contract: Contract, columns: int | None, origin: str = "") -> str:
    """Everything at one glance; the working is told separately. `origin`: what it was worked out from, in words."""
    blocks = [*_head(one, origin, columns), *format_restatement(one, contract, columns), _kpis(one, columns)]
    if one.result is not None:
        blocks += _money(one, one.result, contract, columns)
    blocks += _imports(one, columns)
    blocks += [*format_exclusions(one, contract, columns), *format_forecast(one, columns), *_register(one, columns)]
    return "\n\n".join(block for block in blocks if block)


def _head(one: ContractAssessment, origin: str, columns: int | None) -> Iterator[str]:
    zone = ZoneInfo(one.time_zone)
    since = f"terms of {format_day_at(one.terms_from_ms, zone)}"
    reference = f" ({plain(one.terms_reference)})" if one.terms_reference else ""
    title = f"{plain(one.title)} ({one.contract})" if one.title else one.contract
    lines = [f"{title}, {one.period.name}", f"{plain(one.authority)} / {plain(one.supplier)}; {since}{reference}"]
    if one.total_value is not None:
        worth = f"{format_money(one.total_value, one.currency)}"
        lines.append(f"worth {worth} over its term, {format_day(one.starts_on)} to {format_day(one.ends_on)}")
    until = f" up to {format_instant(one.at_ms, zone)}" if one.status == "running" else ""
    lines += [f"{STATUS[one.status]}{until}", *([origin] if origin else [])]
    yield "\n".join(wrapped(line, columns, "  ") for line in lines)


def _kpis(one: ContractAssessment, columns: int | None) -> str:
    if not one.kpis:
        return "No KPIs."
    return f"{table([_kpi(kpi) for kpi in one.kpis], DISPENSABLE, columns)}\n{wrapped(VIEWS_TOLD, columns)}"


def _kpi(kpi: KpiAssessment) -> Row:
    values: dict[str, str] = {view: _format_figure(kpi, kpi.views.get(view)) for view in VIEWS}
    return {
        "KPI": kpi.kpi,
        "title": kpi.title,
        "target": _format_target(kpi),
        **values,
        "band": _band(kpi),
        "points": format_points(kpi.result.points) if kpi.result and (kpi.result.band or kpi.result.points) else NONE,
        "repeat": f"{kpi.result.failures_in_a_row} in a row" if kpi.result and kpi.result.is_repeat else "",
        "coverage": format_ratio(kpi.coverage_ratio, none=NONE),
        "clause": kpi.clause,
    }


def _format_target(kpi: KpiAssessment) -> str:
    return format_level(kpi.terms.target, kpi.terms) if kpi.terms else format_percent(kpi.target_ratio)


def _format_figure(kpi: KpiAssessment, figure: Figure | None) -> str:
    """A KPI without terms of its own has a ratio, and no rule for rounding it."""
    value = figure.value if figure else None
    if kpi.terms is None:
        return format_ratio(None if value is None else value / 100, none=NO_FIGURE)
    return format_figure(value, kpi.terms)


def _band(kpi: KpiAssessment) -> str:
    """What the figure comes to; in words where the contract has no bands."""
    agreed = kpi.views.get("agreed")
    found = kpi.result or agreed
    if found is None or found.value is None:
        return NO_FIGURE
    if found.band is not None:
        return describe_id(found.band)
    return MET[found.is_met]


def _money(one: ContractAssessment, result: PeriodResult, contract: Contract, columns: int | None) -> Iterator[str]:
    credit, code = result.credit, one.currency
    if not result.is_measured:
        yield "No KPI could be assessed in this month: no points and no credit are calculated."
        return
    unknown, ending = unassessed(one)
    if unknown:
        count = f"{format_count(unknown, 'KPI')} of {ending} could not be assessed"
        yield wrapped(f"{count}: points and money are those of the others alone.", columns, "  ")
    sums = f"Points {format_points(result.points)}. " if one.gives_points else ""
    sums += f"Credit {format_money(credit.total, code)}{_why_less(result, code)}"
    sums += f". Withheld {format_money(result.withheld, code)}" if result.withheld else ""
    yield wrapped(sums + ".", columns, "  ") + _unclaimed(one, result)
    if credit.lines:
        yield "Credits\n" + table([_line(line, code) for line in credit.lines])
    if credit.held:
        yield "Not due: the failure has not repeated\n" + table([_line(line, code) for line in credit.held])
    if credit.caps:
        yield _caps(one, result, contract, columns)
    if len(one.shares) > 1:
        yield "Shares\n" + table(
            [{"participant": name, "amount": format_money(p, code)} for name, p in one.shares.items()]
        )
    for trigger in result.triggers:
        name, effects = describe_id(trigger.trigger), ", ".join(map(describe_id, trigger.effects))
        on = f"on {format_day(trigger.on)} " if trigger.on else ""
        yield wrapped(f"Trigger {name} is set off {on}by {', '.join(trigger.months)}: {effects}.", columns, "  ")


def _why_less(result: PeriodResult, code: str) -> str:
    """Why less is deducted than the lines add up to."""
    credit = result.credit
    if credit.before_caps == credit.total:
        return ""
    capped = credit.before_caps - credit.total - credit.unclaimed
    why = [f"{format_money(capped, code)} is above the caps"] if capped > 0 else []
    if credit.unclaimed:
        why.append(f"{format_money(credit.unclaimed, code)} was not claimed" + ("" if credit.is_lapsed else " yet"))
    return f" of {format_money(credit.before_caps, code)}{f': {format_list(why)}' if why else ''}"


def _unclaimed(one: ContractAssessment, result: PeriodResult) -> str:
    if not result.credit.unclaimed:
        return ""
    amount = format_money(result.credit.unclaimed, one.currency)
    if result.credit.is_lapsed and result.credit.claim_by:
        return f"\n{amount} lapsed: it was to be claimed by {format_day(result.credit.claim_by)}."
    return f"\n{amount} more if it is claimed" + (f" by {format_day(one.claim_by)}." if one.claim_by else ".")


def _line(line: CreditLine, code: str) -> Row:
    whose = line.service or "contract"
    whole = f" of {format_money(line.by_itself, code)}" if line.by_itself != line.amount else ""
    return {
        "rule": describe_id(line.rule),
        "KPI": ", ".join(name for name in (plain(line.about), line.month) if name),
        "of": whose,
        "amount": str(line.given) if line.given else format_money(line.amount, code) + whole,
    }


def _caps(one: ContractAssessment, result: PeriodResult, contract: Contract, columns: int | None) -> str:
    told = "Caps\n" + table([_cap_row(cap, one.currency) for cap in result.credit.caps], ("used", "before"), columns)
    terms = contract.version_at(one.period.end_ms - 1).terms
    is_known = not any(leaves_at_most(one, terms, cap) for cap in result.credit.caps)
    return told if is_known else f"{told}\n{wrapped(AT_MOST_LEFT, columns)}"


def _cap_row(cap: CapResult, code: str) -> Row:
    return {
        "cap": describe_cap(cap.cap),
        "of": cap.scope or "contract",
        "limit": format_money(cap.limit, code),
        "used": format_money(cap.used, code),
        "before": format_money(cap.before, code),
        "after": format_money(cap.after, code),
        "left": format_money(cap.left, code),
    }


def _imports(one: ContractAssessment, columns: int | None) -> Iterator[str]:
    """What of it others have seen, and nobody here."""
    zone = ZoneInfo(one.time_zone)
    for imported in one.imports:
        times = ", ".join(f"{service} {format_duration(ms)}" for service, ms in imported.services.items())
        told = plain(imported_words(imported.record, zone))
        yield wrapped(f"Import {imported.record.number}: {told}; agreed time of {times or 'none'}.", columns, "  ")


def _register(one: ContractAssessment, columns: int | None) -> Iterator[str]:
    say = EntryWording(ZoneInfo(one.time_zone), one.currency)
    if one.pending:
        lines = (wrapped(f"  {format_entry(entry, say)}", columns, "  ") for entry in one.pending)
        yield "\n".join(["Awaiting a decision", *lines])
    if one.missing_figures:
        owed = ", ".join(f"{kpi} for {format_month(month)}" for kpi, month in one.missing_figures)
        yield wrapped(f"Figures owed: {owed}.", columns, "  ")


FOUND = {"granted": "excluded", "pending": "not yet", "refused": "not excluded"}

Ruled = tuple[int, int, str, str]
"""From, to, what became of it, and why."""


@dataclass(frozen=True, slots=True)
class PercentOf:
    """What a piece of time is of one service: agreed time so far, the part of it that was down, and the KPIs."""

    agreed_ms: int
    down_ms: int
    kpis: tuple[str, ...]


def format_exclusions(one: ContractAssessment, contract: Contract, columns: int | None) -> Iterator[str]:
    """Every entry of the register that takes something out, or asks to, with what became of it."""
    entries = {entry.number: entry for entry in one.entries}
    lines = [line for line in _time(one, entries) if line]
    lines += [*_tickets(one, contract, entries), *_let_pass(one.kpis)]
    if lines:
        yield "\n".join(["Exclusions", *(wrapped(line, columns, "  ") for line in lines)])


def _time(one: ContractAssessment, entries: Mapping[int, Entry]) -> Iterator[str]:
    """The pieces of each entry in order of time, then what all of them come to."""
    zone = ZoneInfo(one.time_zone)
    for number, pieces in sorted(_by_entry(one).items()):
        yield f"  {_heading(number, entries.get(number))}"
        for (start_ms, end_ms, found, why), services in pieces.items():
            span = f"{format_stretch(start_ms, end_ms, zone)}"
            yield f"    {FOUND[found]}: {span}, {_decided(why, entries)}"
            yield from (f"      {share}" for share in _shares(services))
    out = [
        f"{service.service} {format_exact_duration(service.excluded_ms)} of {format_exact_duration(service.agreed_ms)}"
        for service in one.services
        if service.excluded_ms
    ]
    yield f"  Excluded for all KPIs, each instant once: {'; '.join(out)}" if out else ""


def _by_entry(one: ContractAssessment) -> dict[int, dict[Ruled, dict[str, PercentOf]]]:
    """By entry and piece: the services that it is taken out of, each with its share."""
    found: dict[int, dict[Ruled, dict[str, PercentOf]]] = {}
    for service in one.services:
        for piece in service.excluded:
            if _is_read(service, piece, one.kpis):
                became = "granted" if piece.granted else "pending" if piece.is_pending else "refused"
                ruled = piece.start_ms, piece.end_ms, became, piece.why
                pieces = found.setdefault(piece.entry, {})
                pieces.setdefault(ruled, {})[service.service] = _share(service, piece, one.at_ms)
    return found


def _is_read(service: ServiceAssessment, piece: Excluded, kpis: Iterable[KpiAssessment]) -> bool:
    """Whether a piece for some KPIs alone is about a KPI of this service."""
    return not piece.kpis or any(kpi.kpi in piece.kpis and kpi.service_id == service.service for kpi in kpis)


def _share(service: ServiceAssessment, piece: Excluded, at_ms: int) -> PercentOf:
    hours, down = (service.lanes.hours, service.lanes.down) if service.lanes else ([], [])
    inside: Intervals = [(piece.start_ms, min(piece.end_ms, at_ms))] if piece.start_ms < at_ms else []
    return PercentOf(length(intersect(hours, inside)), length(intersect(down, inside)), piece.kpis)


def _shares(services: Mapping[str, PercentOf]) -> Iterator[str]:
    """Services of which it is as much are told together."""
    alike: dict[PercentOf, list[str]] = {}
    for service, share in services.items():
        alike.setdefault(share, []).append(service)
    for share, names in alike.items():
        each = " each" if len(names) > 1 else ""
        alone = f", for {', '.join(share.kpis)} alone" if share.kpis else ""
        agreed, down = format_exact_duration(share.agreed_ms), format_exact_duration(share.down_ms)
        told = f"{agreed}{each} of agreed time, {down} of it down"
        yield f"{', '.join(names)}: {told}{alone}"


def _heading(number: int, entry: Entry | None) -> str:
    """What an entry is, who said it, and its reason."""
    if entry is None:
        return f"#{number}"
    body = entry.body
    what = describe_id(f"{body.kind}, {body.cause}" if isinstance(body, Claim) else body.kind)
    what += ", emergency" if isinstance(body, Maintenance) and body.emergency else ""
    parts = [f"#{number} {what}, by {entry.actor}", entry.reference, entry.note]
    return plain("; ".join(part for part in parts if part))


def _decided(why: str, entries: Mapping[int, Entry]) -> str:
    """Why, and of a decision also by whom and for which reason."""
    number = why.rpartition(" ")[2]
    decision = entries.get(int(number)) if "decision" in why and number.isdecimal() else None
    if decision is None:
        return why
    reason = "; ".join(part for part in (decision.reference, decision.note) if part)
    return plain(f"{why.replace(number, f'#{number}')} by {decision.actor}" + (f": {reason}" if reason else ""))


def _tickets(one: ContractAssessment, contract: Contract, entries: Mapping[int, Entry]) -> Iterator[str]:
    """Claims about tickets, which leave no time out."""
    case = RequestContext(contract, effective_entries(entries.values()))
    for entry, said in case.effective.of(Claim):
        if said.tickets:
            decision = case.effective.decision_on(entry.number)
            found = "excluded" if is_granted(case, entry, said) else "not excluded" if decision else "not yet"
            yield f"  {_heading(entry.number, entry)}"
            by = f", decision #{decision[0].number} by {decision[0].actor}" if decision else ", awaits a decision"
            yield plain(f"    {found}: {_counted(said.tickets)}{by}")


def _counted(tickets: Sequence[str]) -> str:
    return f"{'ticket' if len(tickets) == 1 else 'tickets'} {', '.join(tickets)}"


def _let_pass(kpis: Iterable[KpiAssessment]) -> Iterator[str]:
    """Failures that cost less than they would, or nothing."""
    for kpi in kpis:
        for step in kpi.result.working if kpi.result else ():
            if step.what == "waived":
                yield plain(f"  {kpi.kpi}: the failure is let pass by {step.formula}: {step.result}")


NOT_FORECAST = "not forecast"
AS_IT_STANDS = "At best nothing more goes wrong, at worst everything does. KPIs without a forecast count as they stand."


def format_forecast(one: ContractAssessment, columns: int | None) -> Iterator[str]:
    """Points and money, the KPIs, and how long the allowances last; nothing for a month that is over."""
    if one.forecast is None:
        return
    cases = {"as it stands": one.forecast.now, "at best": one.forecast.best, "at worst": one.forecast.worst}
    unknown = None if one.result is not None and one.result.is_measured else one.forecast.now
    rows = [
        {
            "if it ends": name,
            "points": format_points(case.points) if case is not unknown else NONE,
            f"credit, {one.currency}": format_money(case.credit, one.currency) if case is not unknown else NONE,
            "sets off": ", ".join(map(describe_id, case.triggers)),
        }
        for name, case in cases.items()
    ]
    yield "Forecast\n" + table(rows if one.triggers else [_without(row, "sets off") for row in rows], (), columns)
    ends = [_ends(kpi, kpi.forecast) for kpi in one.kpis if kpi.forecast]
    if ends:
        yield f"{table(ends, ('so far',), columns)}\n{wrapped(AS_IT_STANDS, columns)}"
    allowances = [_allowance(kpi, ZoneInfo(one.time_zone)) for kpi in one.kpis if kpi.forecast and kpi.service]
    if allowances:
        yield "Downtime allowance\n" + table(allowances, ("at the rate of 7 days", "allowance"), columns)


def _without(row: Row, gone: str) -> Row:
    return {key: text for key, text in row.items() if key != gone}


def _ends(kpi: KpiAssessment, forecast: KpiForecast) -> Row:
    return {
        "KPI": kpi.kpi,
        "target": _format_target(kpi),
        "so far": _format_figure(kpi, kpi.views.get("agreed")),
        "at best": _end(kpi, forecast.best),
        "at worst": _end(kpi, forecast.worst),
    }


def _end(kpi: KpiAssessment, figure: Figure) -> str:
    if figure.value is None:
        return NOT_FORECAST
    return f"{_format_figure(kpi, figure)} ({describe_id(figure.band or MET[figure.is_met])})"


def _allowance(kpi: KpiAssessment, zone: ZoneInfo) -> Row:
    runs_out = kpi.forecast.runs_out_ms if kpi.forecast else None
    trailing = kpi.forecast.trailing_runs_out_ms if kpi.forecast else None
    return {
        "KPI": kpi.kpi,
        "allowance": format_duration(kpi.allowance_ms),
        "left": NONE if kpi.availability_ratio is None else format_duration(kpi.allowance_left_ms),
        "runs out": format_instant(runs_out, zone) if runs_out is not None else NONE,
        "at the rate of 7 days": format_instant(trailing, zone) if trailing is not None else NONE,
    }


TOLD_AT_MOST = 20
"""Entries: a file of tickets may be hundreds of them."""

ELSEWHERE = (
    "By the register as it stood at the sign-off the month comes to {points} and {credit} today,"
    " which is not what was signed: the contract's file or what was seen has changed since."
)


def format_restatement(one: ContractAssessment, contract: Contract, columns: int | None) -> Iterator[str]:
    """Nothing for a month whose figures are what was signed, or that nobody signed."""
    found = one.restatement
    if found is None:
        return
    yield wrapped(f"RESTATED: {_sums(found, one)}", columns)
    if found.before is None or one.result is None:
        return
    terms = contract.version_at(one.period.end_ms - 1).terms
    rows = [{"figure": row["figure"], "by the sign-off": row["before"], "now": row["after"]}
            for row in differences(found.before, one.result, terms)]  # fmt: skip
    if rows:
        yield table(rows, (), columns)
    yield from _why(found, one, columns)


def _sums(found: Restatement, one: ContractAssessment) -> str:
    is_known, currency = one.result is not None and one.result.is_measured, one.currency
    worth = f"{format_counted_points(found.points, 'point')} and {format_money(found.credit, currency)}"
    now = f"now {worth if is_known else NO_FIGURE}"
    signed = found.signed.body
    if not isinstance(signed, SignOff):
        return now
    was = f"{format_counted_points(signed.points, 'point')} and {format_money(signed.credit, currency)}"
    was = NO_FIGURE if signed.no_figures else was
    return f"sign-off #{found.signed.number} had {was}; {now}"


def _is_what_was_signed(before: PeriodResult, signed: SignOff) -> bool:
    return before.points == signed.points and before.deducted == signed.credit


def _why(found: Restatement, one: ContractAssessment, columns: int | None) -> Iterator[str]:
    signed, before = found.signed.body, found.before
    if before and isinstance(signed, SignOff) and not _is_what_was_signed(before, signed):
        points, credit = format_counted_points(before.points, "point"), format_money(before.deducted, one.currency)
        yield wrapped(ELSEWHERE.format(points=points, credit=credit), columns)
    about = {entry.number: entry for entry in one.entries}
    say = EntryWording(ZoneInfo(one.time_zone), one.currency)
    told = [f"  {format_entry(about[number], say)}" for number in found.because if number in about]
    if len(told) > TOLD_AT_MOST:
        told = [*told[:TOLD_AT_MOST], f"  ... and {len(told) - TOLD_AT_MOST} more (see `sla-monitor register list`)"]
    others = [f"#{number}" for number in found.because if number not in about]
    told += [f"  {', '.join(others)}, about months before"] if others else []
    if told:
        yield "\n".join(["Because of", *(wrapped(line, columns, "  ") for line in told)])
