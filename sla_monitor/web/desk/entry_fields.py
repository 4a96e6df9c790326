"""The fields of a form for a kind of entry, made from its model and the contract, and what was filled into them.

What somebody has to choose from the contract is a list to choose from; an instant is of the contract's zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sla_monitor.contract.contract import Contract
from sla_monitor.contract.fields import parse_duration
from sla_monitor.contract.terms import Terms
from sla_monitor.errors import RegisterError
from sla_monitor.register.entries import KINDS
from sla_monitor.register.importing import parse_stops
from sla_monitor.register.kinds.kind import EntryKind
from sla_monitor.web.desk.forms import PostedForm
from sla_monitor.wording.text import plain

TEXTS = {
    "note": "What is to be said, in words.",
    "reference": "A number in somebody’s files.",
    "evidence": "Where the supporting documents are.",
}
OWN_PAGES = frozenset({"decision", "undo", "sign_off", "countersignature"})
"""Kinds that have a page of their own: what they are about has to be shown first."""

_CHOICES: dict[str, Callable[[Terms], Sequence[str]]] = {
    "service": lambda terms: [one.id for one in terms.services],
    "services": lambda terms: [one.id for one in terms.services],
    "kpi": lambda terms: [one.id for one in terms.kpis],
    "kpis": lambda terms: [one.id for one in terms.kpis],
    "endpoint": lambda terms: [one.id for service in terms.services for one in service.endpoints],
    "endpoints": lambda terms: [one.id for service in terms.services for one in service.endpoints],
    "cause": lambda terms: terms.relief.causes,
    "obligation": lambda terms: [one.id for one in terms.obligations],
}
"""What the contract has to choose from, by the name of the field."""

_CALLED: dict[str, Callable[[Terms], Mapping[str, str]]] = {
    "service": lambda terms: {one.id: one.name for one in terms.services},
    "kpi": lambda terms: {one.id: f"{one.id} {one.title}" for one in terms.kpis if one.title != one.id},
}
"""What people call it, by its id; of fields for several, too."""

_PICKED = {
    "datetime-local": re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?", re.ASCII),
    "date": re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII),
}
"""What a browser's picker shows. It shows nothing of anything else, which would lose what was typed."""

_LIKE = {"month": "2026-10", "duration": "1h30m", "datetime-local": "2026-10-05 14:00", "date": "2026-10-05"}
_LIKE["stops"] = "waiting_for_authority 2026-10-05 10:00 / 2026-10-05 12:00"
_DURATION = "_ms"
_STOPS = "stops"
"""The one list of several fields that is filled in: each of it in a line, as the column of a file spells it."""
_LABELS = {"kpi": "KPI", "kpis": "KPIs", "id": "Number", "about": "Entry", "stops": "Clock stops", "of": "Of so many"}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `kind`: that of the input; `options`: what there is to choose from; `called`: what people call an
    option, where that is something else; `values`: what was filled in, one or several; `problem`: what is wrong with
    it; `like`: how it is spelled."""

    name: str
    label: str
    help: str
    kind: str = "text"
    options: tuple[str, ...] = ()
    is_required: bool = False
    values: tuple[str, ...] = ()
    problem: str = ""
    like: str = ""
    called: Mapping[str, str] = field(default_factory=dict)

    @property
    def value(self) -> str:
        return self.values[0] if self.values else ""

    def with_filled(self, filled: Filled) -> FormField:
        """With what was filled in; in a plain input where a picker would not show it."""
        values = tuple(filled.values.get(self.name, ()))
        picker = _PICKED.get(self.kind)
        kind = "text" if picker and values and not picker.fullmatch(values[0]) else self.kind
        is_other = self.kind == "select" and values and values[0] not in self.options
        options = (*self.options, values[0]) if is_other else self.options
        problem = filled.problems.get(self.name, "")
        return replace(self, kind=kind, options=options, values=values, problem=problem)


def typed_instant(at_ms: int, zone: ZoneInfo, *, up: bool = False) -> str:
    """An instant as a form takes it: on the wall, to the second, with its offset where the clocks tell it twice. `up`:
    a begun second counts as a whole one, for an end that has to reach as far."""
    second = -(-at_ms // 1000) if up else at_ms // 1000
    at = datetime.fromtimestamp(second, zone)
    is_twice = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    exact = "seconds" if at.second else "minutes"
    return at.isoformat(timespec=exact) if is_twice else at.replace(tzinfo=None).isoformat(timespec=exact)


@dataclass(frozen=True)
class Filled:
    """What was filled in, and what is wrong with it, by field."""

    values: Mapping[str, Sequence[str]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, form: PostedForm, problems: Mapping[str, str]) -> Filled:
        return cls({name: form.texts(name) for name in form.values}, problems)


@cache
def form_model(kind: str) -> type[EntryKind] | None:
    """A kind that a form of fields enters; None: it is none, it has a page of its own, it changes the terms, or it is
    made of lists that come in files."""
    model = KINDS.get(kind)
    if model is None or kind in OWN_PAGES or model.no_undo:
        return None
    told = model.model_json_schema()["properties"]
    is_file = any(_is_of_objects(one) and name != _STOPS for name, one in told.items())
    return None if is_file else model


def fields_of(model: type[EntryKind], contract: Contract, filled: Filled, parties: Sequence[str]) -> list[FormField]:
    """The fields of a kind and those of every entry. `parties`: for whom somebody may speak."""
    own = [_field(name, model, contract, parties) for name in _names(model)]
    shared = [
        FormField(name, name.capitalize(), told, "textarea" if name == "note" else "text")
        for name, told in TEXTS.items()
    ]
    return [one.with_filled(filled) for one in (*own, *shared)]


def words_of(model: type[EntryKind], form: PostedForm) -> dict[str, Any]:
    """What was filled in, as the model takes it. Raises RegisterError for what is no number or no duration."""
    found: dict[str, Any] = {}
    problems = []
    for name in _names(model):
        several, told = form.texts(name), _told(name, model)
        try:
            if several:
                found[name] = _word(told, several)
        except ValueError as error:
            problems.append(f"{name}: {error}")
    if problems:
        raise RegisterError(problems)
    return found


def label_of(name: str) -> str:
    """What a field is called on a page."""
    return _LABELS.get(name) or name.removesuffix(_DURATION).replace("_", " ").capitalize()


def _word(told: _Told, several: list[str]) -> Any:
    if told.kind in {"lines", _STOPS}:
        lines = [line.strip() for text in several for line in text.splitlines() if line.strip()]
        return parse_stops(";".join(lines)) if told.kind == _STOPS else lines
    if told.kind == "choices":
        return several
    (text, *_) = several
    if told.kind == "check":
        return text.lower() in {"yes", "true", "on"}
    if told.kind == "duration":
        return parse_duration(text)
    if told.kind == "count":
        if not text.isdecimal() or not text.isascii() or len(text) > 18:
            raise ValueError("must be a whole number (write 12)")
        return int(text)
    return text


@dataclass(frozen=True, slots=True)
class _Told:
    """What the model says of a field."""

    kind: str
    enum: tuple[str, ...] = ()


def _names(model: type[EntryKind]) -> list[str]:
    names = (field.alias or name for name, field in model.model_fields.items() if name != "kind")
    return [name for name in names if name == _STOPS or not _is_of_objects(_schema(model)[name])]


@cache
def _schema(model: type[EntryKind]) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = model.model_json_schema()["properties"]
    return properties


def _is_of_objects(told: Mapping[str, Any]) -> bool:
    return any("$ref" in one.get("items", {}) for one in (told, *told.get("anyOf", ())))


@cache
def _told(name: str, model: type[EntryKind]) -> _Told:
    told = _schema(model)[name]
    several = (told, *told.get("anyOf", ()))
    types = {name for one in several for name in _types(one)}
    comments = {one.get("$comment") for one in several}
    enum = next((tuple(map(str, one["enum"])) for one in several if "enum" in one), ())
    kinds = (
        (_STOPS, name == _STOPS),
        ("select", bool(enum) or (name in _CHOICES and "array" not in types)),
        ("choices", "array" in types and name in _CHOICES),
        ("lines", "array" in types),
        ("check", "boolean" in types),
        ("duration", name.endswith(_DURATION)),
        ("count", "integer" in types),
        ("month", name == "month"),
        ("datetime-local", "instant" in comments),
        ("date", "date" in comments),
        ("decimal", "number" in types),
    )
    return _Told(next((kind for kind, is_so in kinds if is_so), "text"), enum)


def _types(told: Mapping[str, Any]) -> Sequence[str]:
    found = told.get("type", ())
    return [found] if isinstance(found, str) else found


def _field(name: str, model: type[EntryKind], contract: Contract, parties: Sequence[str]) -> FormField:
    declared = next(one for key, one in model.model_fields.items() if name in (key, one.alias))
    told = _told(name, model)
    options = told.enum
    if name in _CHOICES:
        options = tuple(dict.fromkeys(_CHOICES[name](contract.versions[-1].terms)))
    elif name == "party":
        options = tuple(one for one in options if one in parties)
    told_as = (declared.description or "").replace("in milliseconds", "as 45m or 1h30m")
    tell = _CALLED.get(name.removesuffix("s"))
    called = tell(contract.versions[-1].terms) if tell else {}
    return FormField(
        name, label_of(name), told_as, told.kind, options, declared.is_required(), like=_LIKE.get(told.kind, ""),
        called={one: plain(text) for one, text in called.items() if list(called.values()).count(text) == 1},
    )  # fmt: skip
