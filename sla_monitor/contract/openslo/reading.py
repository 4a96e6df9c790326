"""OpenSLO objects to terms: each objective becomes a KPI, or is reported with the reason why not."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel, ValidationError

from sla_monitor.contract.kpis.kpi import RatioKpi
from sla_monitor.contract.openslo.objects import ALERTING, OpenSloObjects, Taken, Words, objects_of
from sla_monitor.contract.openslo.pieces import OpenSloPiece, Refused
from sla_monitor.contract.openslo.prometheus_indicators import Sources, credentials, source_of
from sla_monitor.contract.reading.explain import explained
from sla_monitor.contract.reading.model_file import format_problems
from sla_monitor.contract.reading.nodes import plain
from sla_monitor.contract.reading.yaml_file import read_documents
from sla_monitor.contract.terms import Service
from sla_monitor.errors import ConfigError

_METADATA = {"name", "displayName"}
_SPEC = {
    "description", "service", "indicator", "indicatorRef", "timeWindow", "budgetingMethod", "objectives",
    "alertPolicies",
}  # fmt: skip
_OBJECTIVE = {"displayName", "op", "value", "target", "targetPercent"}


def read_openslo(path: Path, prometheus: str) -> OpenSloObjects:
    """Read a file. `prometheus`: the address of sources that have none. Raises ConfigError for what is no YAML."""
    document, roots = read_documents(path)
    if document.problems:
        raise ConfigError(format_problems([document]))
    found = OpenSloObjects()
    pieces = [
        OpenSloPiece(document, root, root.place, "file", found.left_out) for root in roots if plain(root) is not None
    ]
    objects = [each for piece in pieces for each in objects_of(piece)]
    _Import(objects, prometheus, found).run()
    found.left_out.sort()
    return found


class _Import:
    """One file's objects on their way into terms."""

    def __init__(self, objects: list[tuple[str, OpenSloPiece]], prometheus: str, found: OpenSloObjects) -> None:
        self._objects, self._found = objects, found
        self._indicators, self._services = self._named("SLI"), self._named("Service")
        self._sources = Sources(self._named("DataSource"), prometheus)
        self._used: set[str] = set()
        self._ids: set[str] = set()

    def run(self) -> None:
        credentials(self._sources.known)
        for kind, one in self._objects:
            if kind == "SLO":
                self._slo(one)
        for name, indicator in self._indicators.items():
            if name not in self._used:
                indicator.leave("is used by no SLO of this file, and by itself promises nothing")

    def _named(self, kind: str) -> dict[str, OpenSloPiece]:
        named: dict[str, OpenSloPiece] = {}
        for its, one in self._objects:
            name = one.need("metadata").need("name").text()
            if its == kind and name in named:
                one.leave("is given twice (only the first is read)")
            elif its == kind:
                named[name] = one
        return named

    def _slo(self, slo: OpenSloPiece) -> None:
        metadata = slo.need("metadata")
        metadata.leave_others(_METADATA, "is not taken: the terms have nothing of the kind")
        try:
            spec = slo.need("spec")
            spec.leave_others(_SPEC, "is not taken: it is not in OpenSLO v1")
            shared, indicator = self._shared(slo, spec)
            objectives = list(spec.need("objectives").items())
        except Refused:
            return
        if not objectives:
            spec.need("objectives").leave("has no item, so that nothing is promised")
        for position, objective in enumerate(objectives, 1):
            number = position if len(objectives) > 1 else 0
            try:
                self._objective(objective, indicator, (shared, number))
            except Refused:
                continue

    def _shared(self, slo: OpenSloPiece, spec: OpenSloPiece) -> tuple[Words, OpenSloPiece]:
        """What all objectives of an SLO have, with every reason why it cannot be taken. Raises Refused."""
        refused: Refused | None = None
        words: Words = {"id": slo.need("metadata").need("name").text(), "title": _title(slo)}
        try:
            _method(spec)
        except Refused as error:
            refused = error
        try:
            words["measurement_months"] = months_of(spec)
        except Refused as error:
            refused = error
        indicator = self._indicator(spec)
        if refused is not None:
            raise refused
        policies = spec.at("alertPolicies")
        if policies is not None and policies.value:
            policies.leave(ALERTING)
        words |= self._service(spec)
        return words, indicator

    def _indicator(self, spec: OpenSloPiece) -> OpenSloPiece:
        inline, reference = spec.at("indicator"), spec.at("indicatorRef")
        if (inline is None) == (reference is None):
            raise spec.refusal("must have one of indicator and indicatorRef")
        if inline is not None or reference is None:
            return inline or spec
        name = reference.text()
        if name not in self._indicators:
            raise reference.refusal("no such SLI in this file (put both into one file)")
        self._used.add(name)
        return self._indicators[name]

    def _service(self, spec: OpenSloPiece) -> Words:
        """The service that the KPI is about; one that the terms cannot name is told, and left out."""
        named = spec.at("service")
        if named is None:
            return {}
        try:
            name = named.text()
            known = self._services.get(name)
            words = {"id": name, "name": _title(known)} if known is not None else {"id": name}
            _checked(words, Service, named)
        except Refused:
            return {}
        origin = known or named
        if all(name != other.words["id"] for other in self._found.services):
            self._found.services.append(Taken(words, _origin(origin)))
        return {"service": name}

    def _objective(self, objective: OpenSloPiece, indicator: OpenSloPiece, shared: tuple[Words, int]) -> None:
        words, number = shared
        if any(objective.at(key) is not None for key in ("indicator", "indicatorRef", "compositeWeight")):
            raise objective.refusal("a composite is not read (make an SLO of each part)")
        objective.leave_others(_OBJECTIVE, "is not taken: only the whole period's share of good is judged")
        target = _target(objective)
        kpi = {**words, "indicator": "ratio_in_target", "target": target}
        kpi["measurement_months"] = kpi.pop("measurement_months")  # after what is measured, as people write it
        if number:
            kpi["id"] = f"{words['id']}-{number}"
        if objective.at("displayName") is not None:
            kpi["title"] = ": ".join(filter(None, [words["title"], objective.need("displayName").text()]))
        kpi["source"] = source_of(indicator, objective, self._sources)
        if kpi["id"] in self._ids:
            raise objective.refusal(f"the id {kpi['id']} is taken already (give the SLO another name)")
        _checked(kpi, RatioKpi, objective)
        self._ids.add(kpi["id"])
        self._found.kpis.append(Taken(kpi, _origin(objective)))


def _method(spec: OpenSloPiece) -> None:
    method = spec.need("budgetingMethod")
    if method.value != "Occurrences":
        raise method.refusal(f"{str(method.value)[:40]} is not read (only Occurrences is: so many good of so many)")


def _title(one: OpenSloPiece) -> str:
    name = one.need("metadata").at("displayName")
    return name.value if name is not None and isinstance(name.value, str) else ""


def _origin(piece: OpenSloPiece) -> str:
    return f"{piece.path}, line {piece.place.line}"


def _target(objective: OpenSloPiece) -> Decimal:
    """Per hundred. Raises Refused."""
    share, percent = objective.at("target"), objective.at("targetPercent")
    given = share or percent
    if given is None or (share is not None and percent is not None):
        raise objective.refusal("must have one of target and targetPercent")
    if isinstance(given.value, bool) or not isinstance(given.value, int | Decimal):
        raise given.refusal("must be a number")
    target = Decimal(given.value) * (100 if share is not None else 1)
    if not 0 <= target < 100:
        raise given.refusal("must be at least 0 and below 1 (targetPercent: below 100)")
    return target


def _checked(words: Words, model: type[BaseModel], piece: OpenSloPiece) -> None:
    """Raises Refused for words that the model does not take."""
    try:
        model.model_validate(words)
    except ValidationError as error:
        mistakes = [one for details in error.errors(include_url=False) for one in explained(details, model)]
        for one in mistakes:
            piece.leave(f"{'.'.join(map(str, one.loc))}: {one.message}")
        raise Refused(str(words["id"])) from None


_DURATION = re.compile(r"([1-9][0-9]{0,3})([mhdwMQY])", re.ASCII)
_MONTHS = {"M": 1, "Q": 3, "Y": 12}
_WORDS = {"m": "minute", "h": "hour", "d": "day", "w": "week", "M": "month", "Q": "quarter", "Y": "year"}
_MONTHLY = "write duration: 1M, 1Q or 1Y with isRolling: false"


def months_of(spec: OpenSloPiece) -> int:
    """1, 3, 6 or 12. Raises Refused for any other window."""
    windows = list(spec.need("timeWindow").items())
    if len(windows) != 1:
        raise spec.need("timeWindow").refusal("must have exactly one item")
    window = windows[0]
    months = _length(window.need("duration"))
    calendar, rolling = window.at("calendar"), window.at("isRolling")
    if rolling is None and calendar is None:
        raise window.refusal(f"does not say that it follows the calendar ({_MONTHLY})")
    if rolling is not None and rolling.value is not False:
        raise rolling.refusal(f"a rolling window is no measurement period of a contract ({_MONTHLY})")
    if calendar is not None:
        _leave_calendar(calendar)
    return months


def _length(duration: OpenSloPiece) -> int:
    match = _DURATION.fullmatch(str(duration.value))
    if match is None:
        raise duration.refusal(f"is no duration of OpenSLO's ({_MONTHLY})")
    count, unit = int(match[1]), match[2]
    months = count * _MONTHS.get(unit, 0)
    if unit == "m":
        raise duration.refusal(f"{match[0]} means {count} minutes, for months are a capital M ({_MONTHLY})")
    if months not in (1, 3, 6, 12):
        plural = "" if count == 1 else "s"
        raise duration.refusal(f"{count} {_WORDS[unit]}{plural} are not 1, 3, 6 or 12 calendar months ({_MONTHLY})")
    return months


def _leave_calendar(calendar: OpenSloPiece) -> None:
    start, zone = calendar.at("startTime"), calendar.at("timeZone")
    if start is not None and not re.fullmatch(r"\d{4}-\d\d-01([T ]00:00(:00)?)?", str(start.value), re.ASCII):
        start.leave("is not taken: measurement periods count from the first month of the contract's term")
    if zone is not None:
        zone.leave("is not taken: months follow the contract's time_zone")
