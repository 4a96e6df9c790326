"""Which services a page shows: search, filters and grouping, as the address says them. Pure.

Whoever follows a link may have written anything into it: what is not known is passed over, and the page says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import quote, urlencode

from sla_monitor.assess import Assessment, ContractAssessment, KpiAssessment, ServiceAssessment
from sla_monitor.board import Board, Watched
from sla_monitor.sla.observation import Outcome
from sla_monitor.wording.text import plain
from sla_monitor.wording.vocabulary import OUTCOMES, SEVERITY, worst_outcome

Group = Literal["state", "supplier", "contract", "participant", "criticality"]
GROUPS: tuple[Group, ...] = ("state", "supplier", "contract", "participant", "criticality")
CRITICALITIES = ("critical", "high", "medium", "low")
"""Worst to lose first."""

BAD = "bad"
"""The filter's word for every state but up."""

STATES = {BAD: "Not up", **{str(state.value): word for state, word in OUTCOMES.items()}}
EVERYBODY = "everybody"
LONGEST_SEARCH = 200

UNSAID = "no criticality"

ADDRESSES = ("url", "host", "base", "server", "name_asked")
"""What the kinds of endpoints call their addresses."""


@dataclass(frozen=True, slots=True)
class ListedService:
    """One service as search, filters, order and rows see it; `began_ms` is when its state began, 0 if nobody knows.

    Cheap to make: a page orders a thousand of them and shows fifty. `assessed` None: it is watched, and no assessment
    has it yet.
    """

    contract_id: str
    service_id: str
    state: Outcome
    watched: Sequence[Watched]
    contract: ContractAssessment | None = None
    assessed: ServiceAssessment | None = None
    began_ms: int = 0

    @property
    def name(self) -> str:
        return plain((self.assessed.name if self.assessed else "") or self.service_id)

    @property
    def supplier(self) -> str:
        return plain(self.contract.supplier) if self.contract else ""

    @property
    def contract_title(self) -> str:
        return plain((self.contract.title if self.contract else "") or self.contract_id)

    @property
    def participants(self) -> tuple[str, ...]:
        return self.assessed.participants if self.assessed else ()

    @property
    def affects(self) -> str:
        """Who has it, or lacks it."""
        names = self.contract.participants if self.contract else {}
        return plain(", ".join(names.get(one, one) for one in self.participants)) or EVERYBODY

    @property
    def criticality(self) -> str:
        return self.assessed.criticality if self.assessed else ""

    @property
    def holders(self) -> tuple[str, ...]:
        """Who has an outage of it, or of one of its endpoints, in hand."""
        several = self.contract.acknowledged if self.contract else ()
        return tuple(dict.fromkeys(plain(one.by) for one in several if one.service == self.service_id))

    @property
    def in_hand(self) -> str:
        """The same in one line; empty: nobody has said so."""
        return ", ".join(self.holders)

    @property
    def kpis(self) -> tuple[KpiAssessment, ...]:
        """The KPIs that are about it alone."""
        every = self.contract.kpis if self.contract else ()
        return tuple(kpi for kpi in every if kpi.service and kpi.service.service == self.service_id)

    @property
    def address(self) -> str:
        """The page of the service."""
        return f"/services/{quote(self.contract_id)}/{quote(self.service_id)}"

    @property
    def order(self) -> tuple[int, int, int]:
        """The worst first, of those the most critical, of those what has lasted longest."""
        weight = CRITICALITIES.index(self.criticality) if self.criticality in CRITICALITIES else len(CRITICALITIES)
        is_up = self.state is Outcome.UP
        return SEVERITY.index(self.state), 0 if is_up else weight, 0 if is_up else self.began_ms

    def groups(self, by: Group) -> tuple[str, ...]:
        """The names of the groups that it is in: as many as it has participants, else one."""
        if by == "participant":
            return self.participants or (EVERYBODY,)
        named = {
            "state": self.state.value,
            "supplier": self.supplier,
            "contract": self.contract_id,
            "criticality": self.criticality or UNSAID,
        }
        return (str(named[by]),)

    def holds(self, words: Iterable[str]) -> bool:
        """Whether each word is part of a title, an id, an address, a supplier or a participant of it."""
        text = "\n".join(self._texts()).casefold()
        return all(word in text for word in words)

    def _texts(self) -> Iterable[str]:
        yield from (self.service_id, self.name, self.contract_id, self.contract_title, self.supplier)
        yield from (*self.participants, self.affects)
        for one in self.watched:
            yield from (one.terms.id, one.terms.name)
            # Kinds differ in what they call their address; a heartbeat has none. In the fields' own dictionary what is
            # missing costs nothing: pydantic would raise and catch an error for each.
            fields = vars(one.terms)
            yield from (str(fields[part]) for part in ADDRESSES if part in fields)
            yield from (str(step.url) for step in fields.get("steps", ()))


def listed_services(board: Board) -> list[ListedService]:
    """Every service that is assessed or watched, the worst first."""
    assessment = board.assessment
    by_service: dict[tuple[str, str], list[Watched]] = {}
    for one in list(board.endpoints.values()):
        by_service.setdefault((one.contract, one.service), []).append(one)
    found = list(_assessed(assessment, by_service))
    known = {(one.contract_id, one.service_id) for one in found}
    for (contract, service), watched in by_service.items():
        if (contract, service) not in known:
            found.append(unassessed(contract, service, watched))
    return sorted(found, key=lambda one: one.order)


def _assessed(
    assessment: Assessment, by_service: Mapping[tuple[str, str], Sequence[Watched]]
) -> Iterable[ListedService]:
    for contract in assessment.contracts:
        for service in contract.services:
            yield assessed_service(contract, service, by_service.get((contract.contract, service.service), ()))


def assessed_service(
    contract: ContractAssessment, service: ServiceAssessment, watched: Sequence[Watched]
) -> ListedService:
    """A service by its assessment. `watched`: what is watched of it."""
    outage = service.open_outage
    since = 0 if service.state is Outcome.UP else _since(watched, service.state)
    began_ms = outage.start_ms if outage else since
    return ListedService(contract.contract, service.service, service.state, watched, contract, service, began_ms)


def unassessed(contract: str, service: str, watched: Sequence[Watched]) -> ListedService:
    """A service of which no assessment has anything yet, by its last probes."""
    state = worst_outcome([one.outcome for one in watched])
    return ListedService(contract, service, state, watched, began_ms=_since(watched, state))


def _since(watched: Sequence[Watched], state: Outcome) -> int:
    culprits = [one for one in watched if one.outcome is state] or [
        one for one in watched if one.outcome is not Outcome.UP
    ]
    return min((one.since_ms for one in culprits if one.last), default=0)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a filter may be set to: values of the address, and their words."""

    name: str
    label: str
    options: Mapping[str, str]


def choices(services: Iterable[ListedService]) -> tuple[Choice, ...]:
    """The filters, with what occurs."""
    suppliers, contracts, participants, criticalities = set[str](), dict[str, str](), dict[str, str](), set[str]()
    for one in services:
        suppliers.add(one.supplier)
        contracts[one.contract_id] = one.contract_title
        names = one.contract.participants if one.contract else {}
        participants |= {each: plain(names.get(each, each)) for each in one.participants}
        criticalities.add(one.criticality)
    return (
        Choice("state", "State", STATES),
        Choice("supplier", "Supplier", {name: name for name in sorted(suppliers) if name}),
        Choice("contract", "Contract", _by_word(contracts)),
        Choice("participant", "Participant", _by_word(participants)),
        Choice("criticality", "Criticality", {one: one for one in CRITICALITIES if one in criticalities}),
    )


def _by_word(words: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(words.items(), key=lambda item: item[1].casefold()))


@dataclass(frozen=True, slots=True)
class Selection:
    """What an address asks for. `ignored`: sentences about what in it could not be followed."""

    search: str = ""
    filters: Mapping[str, str] = field(default_factory=dict)
    group: Group | None = None
    page: int = 1
    refresh_s: int = 0
    unfold: bool = False
    ignored: tuple[str, ...] = ()
    path: str = "/"

    @property
    def is_filtered(self) -> bool:
        return bool(self.search or self.filters)

    @property
    def is_by_contract(self) -> bool:
        """Whether whole contracts are asked for, so that their figures stand for what is shown."""
        return not self.search and not set(self.filters) - {"supplier", "contract"}

    def address(self, **changed: object) -> str:
        """The address of the same page with other values; the first page, unless it says another."""
        new = replace(self, **{"page": 1, **changed})  # type: ignore[arg-type]
        values = {"q": new.search, **new.filters, "group": new.group or ""}
        values |= {"page": str(new.page) if new.page > 1 else "", "open": "all" if new.unfold else ""}
        values |= {"refresh": str(new.refresh_s) if new.refresh_s else ""}
        asked = urlencode({name: value for name, value in values.items() if value})
        return f"{self.path}?{asked}" if asked else self.path

    def without(self, name: str) -> str:
        """The address without one filter."""
        return self.address(filters={key: value for key, value in self.filters.items() if key != name})

    def with_filter(self, name: str, value: str) -> str:
        """The address with one filter more, or another."""
        return self.address(filters={**self.filters, name: value})

    def holds(self, service: ListedService) -> bool:
        """Whether a service is asked for."""
        wanted = self.filters
        state = wanted.get("state", service.state.value)
        return (
            (state == service.state.value or (state == BAD and service.state is not Outcome.UP))
            and wanted.get("supplier", service.supplier) == service.supplier
            and wanted.get("contract", service.contract_id) == service.contract_id
            and wanted.get("criticality", service.criticality) == service.criticality
            # A service without participants is everybody's.
            and (
                "participant" not in wanted or not service.participants or wanted["participant"] in service.participants
            )
            and (not self.search or service.holds(self.search.casefold().split()))
        )


LEAST_REFRESH_S, MOST_REFRESH_S = 5, 3600


def refresh_of(values: Sequence[str]) -> int:
    """Seconds between reloads, of the last value that is given; 0 for none, or for a number that makes no sense."""
    asked = ([value.strip() for value in values if value.strip()] or [""])[-1]
    seconds = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) <= 4 else 0
    return seconds if LEAST_REFRESH_S <= seconds <= MOST_REFRESH_S else 0


def selection_of(arguments: Mapping[str, Sequence[str]], filters: Iterable[Choice], path: str = "/") -> Selection:
    """The arguments of an address, as far as they make sense with these filters."""
    given = _Given(arguments)
    search = given.last("q")
    if len(search) > LONGEST_SEARCH:
        given.ignored.append(f"The search is cut to {LONGEST_SEARCH} characters.")
    return Selection(
        search=search[:LONGEST_SEARCH],
        filters={one.name: value for one in filters if (value := given.choice(one))},
        group=given.group(),
        page=given.page(),
        refresh_s=given.refresh(),
        unfold=given.last("open") == "all",
        ignored=tuple(given.ignored),
        path=path,
    )


class _Given:
    """The arguments of an address one by one, and what of them could not be followed."""

    def __init__(self, arguments: Mapping[str, Sequence[str]]) -> None:
        self._arguments = arguments
        self.ignored: list[str] = []

    def last(self, name: str) -> str:
        values = [plain(value).strip() for value in self._arguments.get(name, ()) if value.strip()]
        if len(values) > 1:
            self.ignored.append(f"{name} is given more than once: the last counts.")
        return values[-1] if values else ""

    def choice(self, one: Choice) -> str:
        value = self.last(one.name)
        if value and value not in one.options:
            self.ignored.append(f"Filter ignored: {one.label.lower()} “{value[:60]}” does not occur here.")
            return ""
        return value

    def group(self) -> Group | None:
        value = self.last("group")
        if value and value not in GROUPS:
            self.ignored.append(f"Grouping ignored: “{value[:60]}” is none of {', '.join(GROUPS)}.")
        return next((one for one in GROUPS if one == value), None)

    def page(self) -> int:
        value = self.last("page") or "1"
        if value.isascii() and value.isdecimal() and len(value) <= 6 and int(value):
            return int(value)
        self.ignored.append("Page ignored: it is no number from 1 on.")
        return 1

    def refresh(self) -> int:
        value = self.last("refresh")
        if value and not refresh_of([value]):
            self.ignored.append(
                f"Refresh ignored: it is no number of seconds from {LEAST_REFRESH_S} to {MOST_REFRESH_S:,}."
            )
        return refresh_of([value])
