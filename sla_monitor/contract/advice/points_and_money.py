"""Terms about points and money that are allowed but do not do what they seem to say."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from math import ceil

from sla_monitor.contract.advice.reachability import unreachable
from sla_monitor.contract.kpis.kpi_terms import KpiTerms
from sla_monitor.contract.money.charges_and_caps import Cap
from sla_monitor.contract.money.combined_terms import Combined
from sla_monitor.contract.money.credit_methods import Credit, RepeatedCreditTerms
from sla_monitor.contract.money.credit_tables import Number
from sla_monitor.contract.money.regime import Regime
from sla_monitor.contract.rules.plain_values import RuleProblem
from sla_monitor.contract.terms import Terms

MONTHS = 12


def doubts(regime: Regime) -> Iterator[RuleProblem]:
    """What a careful reader would ask about, with the path of the term."""
    yield from unreachable(regime)
    yield from _unfinished_parts(regime)
    yield from _unrelated(regime)
    yield from money_doubts(regime)
    yield from _not_combined(regime)
    for j, cap in enumerate(regime.caps):
        if cap.base == "trailing_12_months" and cap.first_year_base is None:
            message = "nothing is charged before the first month, so that the cap of that month is 0"
            yield ("caps", j, "base"), f"{message} (write first_year_base: estimated_year_1)"
        for credit in regime.credits:
            if _is_moot(cap, credit, regime):
                message = f"the smallest credit of {credit.id} is over the cap: every failure costs the same"
                yield ("caps", j), f"{message} (check the percentages)"


def _unrelated(regime: Regime) -> Iterator[RuleProblem]:
    """Groups of related failures that hold one KPI, or are deduped in two ways."""
    for i, kpi in enumerate(regime.kpis):
        if kpi.related is None:
            continue
        group, rule = kpi.related.group, kpi.related.dedupe
        others = [
            one.related.dedupe for one in regime.kpis if one is not kpi and one.related and one.related.group == group
        ]
        if not others:
            yield (
                ("kpis", i, "related", "group"),
                f"{group} has no other KPI, so that nothing is related (check the name)",
            )
        elif {*others} != {rule}:
            yield ("kpis", i, "related", "dedupe"), f"the KPIs of {group} do not all say the same (write one of them)"


def _unfinished_parts(regime: Regime) -> Iterator[RuleProblem]:
    """Composites of KPIs that are measured over more months: they wait for every part."""
    months = {kpi.id: kpi.measurement_months for kpi in regime.kpis}
    for i, kpi in enumerate(regime.kpis):
        for k, part in enumerate(kpi.part_kpis):
            if months[part] > kpi.measurement_months:
                message = f"{part} has a result every {months[part]} months, and so has {kpi.id} with it"
                yield ("kpis", i, "parts", k, "kpi"), f"{message} (write measurement_months: {months[part]})"


def never_repeated(terms: Terms) -> Iterator[RuleProblem]:
    """Credits for failures that cannot repeat so often within the term."""
    start, end = terms.term.start_on, terms.term.end_on
    term_months = (end.year - start.year) * 12 + end.month - start.month + 1
    months = {kpi.id: kpi.measurement_months for kpi in terms.kpis}
    for j, credit in enumerate(terms.credits):
        condition = credit.only_if_repeated if isinstance(credit, RepeatedCreditTerms) else None
        if condition is not None:
            most = max(ceil(Fraction(term_months, months[name])) for name in credit.named_kpis)
            if most < condition.periods:
                periods = f"{most} measurement period{'' if most == 1 else 's'}"
                message = f"the term has {periods} of its KPIs, so that it never gives anything"
                remedy = f"write no more than {most}" if most > 1 else "leave it out"
                yield ("credits", j, "only_if_repeated"), f"{message} ({remedy})"


def _is_moot(cap: Cap, credit: Credit, regime: Regime) -> bool:
    """Whether a cap is below the least that a rule gives in one month. Money is reckoned in charges of a month, the
    first of them where nothing is said of charges being 100."""
    return _is_over(credit, _limit(cap, credit, regime), regime)


def _is_over(credit: Credit, limit: Number | None, regime: Regime) -> bool:
    """Whether the least that a rule gives is over a limit, as far as the terms tell both."""
    charges, percent = _charges(regime, credit.service), _least_percent(credit, regime)
    if charges is None or percent is None or limit is None:
        return False
    return Fraction(percent) * Fraction(charges) / 100 > limit


def _limit(cap: Cap, credit: Credit, regime: Regime) -> Number | None:
    """A cap as an amount; bases of a year are twelve months like the present one."""
    if cap.amount is not None:
        return cap.amount if regime.charges.monthly else None
    if cap.scope == "service" and credit.service is None:
        return None
    base = _charges(regime, credit.service if cap.scope == "service" else None)
    months = {"period": 1, "quarter": 3}.get(cap.base or "period", MONTHS)
    return None if base is None else Fraction(cap.percent or 0) * Fraction(base) * months / 100


def _not_combined(regime: Regime) -> Iterator[RuleProblem]:
    """Combinations that choose from one rule, or whose limit leaves nothing to choose."""
    for j, group in enumerate(regime.combined):
        if len(group.credits) == 1 and group.among == "rules" and not group.has_limit:
            message = "there is one rule, so that all of it is paid"
            yield ("combined", j, "credits"), f"{message} (write among: lines, or name another rule)"
        for credit in (one for one in regime.credits if one.id in group.credits):
            limit = _group_limit(group, credit, regime)
            if limit == 0:
                yield ("combined", j), "the limit is nothing, so that it never pays anything (check it, or the charges)"
                break
            if _is_over(credit, limit, regime):
                message = f"the smallest credit of {credit.id} is over the limit: every failure costs the same"
                yield ("combined", j), f"{message} (check the percentages)"


def _group_limit(group: Combined, credit: Credit, regime: Regime) -> Number | None:
    """The limit as an amount, for one of the rules; None where there is none, or where the terms do not tell it."""
    if group.max_amount is not None:
        return group.max_amount if regime.charges.monthly or not group.max_amount else None
    if group.max_percent is None:
        return None
    base = _charges(regime, credit.service if group.scope == "service" else group.service)
    return None if base is None else Fraction(group.max_percent) * Fraction(base) / 100


def _charges(regime: Regime, service: str | None) -> Decimal | None:
    """A month's charges, of a service or of everything."""
    if not regime.charges.monthly:
        return Decimal(100) if service is None else None
    several = (charge for charge in regime.charges.monthly if service is None or charge.service == service)
    return sum((charge.amount for charge in several), Decimal(0))


def _least_percent(credit: Credit, regime: Regime) -> Number | None:
    """The smallest percentage of the charges that a rule can give, where that can be told from the terms."""
    several = ((kpi.points_each, *(band.points for band in kpi.bands)) for kpi in regime.kpis)
    points = (each for one in several for each in one if each)
    charges = _charges(regime, credit.service) if regime.charges.monthly else None
    return credit.least_percent(min(points, default=None), charges)


def money_doubts(regime: Regime) -> Iterator[RuleProblem]:
    """What a careful reader would ask about credits and caps, with the path of the term."""
    kpis: dict[str, KpiTerms] = {kpi.id: kpi for kpi in regime.kpis}
    for j, credit in enumerate(regime.credits):
        found = (
            *credit.doubts(kpis),
            *_unpriced(credit, regime),
            *_pointless(credit, regime),
            *_uncharged(credit, regime),
            *_unusable(credit, regime),
            *_unrecorded(credit, regime),
        )
        yield from ((("credits", j, *path), message) for path, message in found)
    paid = {name for credit in regime.credits if credit.prices_bands for name in credit.named_kpis}
    for i, kpi in enumerate(regime.kpis):
        if kpi.id not in paid and any(band.amount for band in kpi.bands):
            message = "have amounts that no rule for credits gives"
            yield ("kpis", i, "bands"), f"{message} (add one to credits: method: bands, kpis: [{kpi.id}])"
    for j, cap in enumerate(regime.caps):
        for key in ("base", "first_year_base"):
            if getattr(cap, key) == "estimated_year_1" and regime.charges.estimated_year_1 is None:
                message = "there is no estimate, so that nothing is credited (write charges.estimated_year_1)"
                yield ("caps", j, key), message


def _unpriced(credit: Credit, regime: Regime) -> Iterator[RuleProblem]:
    """Performance indicators that a rule names: they are reported, and cost nothing."""
    reported = {kpi.id for kpi in regime.kpis if kpi.kind == "PI"}
    for path, name in credit.kpi_references:
        if name in reported:
            yield path, f"{name} is a PI, and costs nothing (make it a KPI, or leave it out)"


def _pointless(credit: Credit, regime: Regime) -> Iterator[RuleProblem]:
    """A price of points that nobody can have."""
    if credit.prices_points:
        kpis = [kpi for kpi in regime.kpis if not credit.named_kpis or kpi.id in credit.named_kpis]
        if not any(kpi.gives_points for kpi in kpis):
            yield ("method",), "no band of its KPIs has points, so that it never gives anything (give them points)"


def _unusable(credit: Credit, regime: Regime) -> Iterator[RuleProblem]:
    """A bonus that sets off credits where nothing takes any."""
    if credit.only_sets_off and all(one.is_bonus for one in regime.credits):
        yield ("against",), "there is no rule whose credits it could set off (write against: charges)"


def _unrecorded(credit: Credit, regime: Regime) -> Iterator[RuleProblem]:
    """A price of outages of which none is on record."""
    if credit.prices_occurrences and not credit.recorded(regime.kpis):
        message = "no outage on record has a price by it: it costs only what people enter as occurrences"
        yield ("method",), f"{message} (promise the availability of its services, or of those with a weight)"


def _uncharged(credit: Credit, regime: Regime) -> Iterator[RuleProblem]:
    """A percentage of charges that there are not. Where none are named at all, they may still be to come."""
    if not credit.is_of_charges or credit.service is None or not regime.charges.monthly:
        return
    if all(charge.service != credit.service for charge in regime.charges.monthly):
        yield (
            ("service",),
            f"nothing is charged for {credit.service}, of which it is a percentage (add it to charges.monthly)",
        )
