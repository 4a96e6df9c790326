"""A form for each kind of entry that changes no figure, made from its model as the commands are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sla_monitor.contract.contract import Contract
from sla_monitor.errors import RegisterError
from sla_monitor.register.entries import KINDS
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.register.kinds.kind import EntryKind
from sla_monitor.settings.desk.access_table import TABLE, Action
from sla_monitor.web.desk.desk_handler import DeskHandler
from sla_monitor.web.desk.entering import DeskEntries, ForbiddenEntry, Statement
from sla_monitor.web.desk.forms import PostedForm
from sla_monitor.web.serving.handler import Refusal

TEXTS = {
    "note": "What is to be said, in words.",
    "reference": "A number in somebody’s files.",
    "evidence": "Where the supporting documents are.",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. `kind`: that of the input; `options`: what there is to choose from; `problem`: what is wrong with
    `value`."""

    name: str
    label: str
    help: str
    kind: str = "text"
    options: tuple[str, ...] = ()
    is_required: bool = False
    value: str = ""
    problem: str = ""


def fields_of(model: type[EntryKind], values: Mapping[str, str], problems: Mapping[str, str]) -> tuple[FormField, ...]:
    """The fields of a kind and those of every entry, with what was typed and what is wrong with it."""
    own = [_field(name, model, values, problems) for name in _names(model)]
    shared = [
        FormField(
            name,
            name.capitalize(),
            told,
            "textarea" if name == "note" else "text",
            (),
            False,
            values.get(name, ""),
            problems.get(name, ""),
        )
        for name, told in TEXTS.items()
    ]
    return (*own, *shared)


def _names(model: type[EntryKind]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items() if name != "kind"]


def _field(name: str, model: type[EntryKind], values: Mapping[str, str], problems: Mapping[str, str]) -> FormField:
    field = next(field for key, field in model.model_fields.items() if name in (key, field.alias))
    told = model.model_json_schema()["properties"][name]
    choices = next((one["enum"] for one in (told, *told.get("anyOf", ())) if "enum" in one), ())
    kind = "select" if choices else "month" if name == "month" else "text"
    label = name.removesuffix("_ms").replace("_", " ").capitalize()
    return FormField(
        name, label, field.description or "", kind, tuple(map(str, choices)), field.is_required(),
        values.get(name, ""), problems.get(name, ""),
    )  # fmt: skip


def form_model(kind: str) -> type[EntryKind] | None:
    """A kind that this form enters; None: it is none, it changes figures or terms, which have to be shown first, or it
    has lists, which need a form of their own."""
    model = KINDS.get(kind)
    if model is None or model.changes_figures or model.no_undo:
        return None
    return None if _has_lists(model) else model


@cache
def _has_lists(model: type[EntryKind]) -> bool:
    fields = model.model_json_schema()["properties"].values()
    return any(one.get("type") == "array" for field in fields for one in (field, *field.get("anyOf", ())))


class EntryForm(DeskHandler):
    """`GET /desk/contracts/<contract>/enter/<kind>`, and `POST` to enter it."""

    methods = ("GET", "HEAD", "POST")

    def action_here(self) -> Action | None:
        model = form_model(self.path_args[1])
        return None if model is None else model.action

    async def get(self, contract: str, kind: str) -> None:
        known = {name: values[0] for name, values in self.arguments_given().items()}
        self._show(self.contract(contract), KINDS[kind], known, {})

    head = get

    async def submitted(self, form: PostedForm, *names: str) -> None:
        name, kind = names
        contract, model, values = self.contract(name), KINDS[kind], {field: form.text(field) for field in form.values}
        once = form.once(self.person.name, self.request.path)
        try:
            entered = await self.site.entering.run(self._enter, contract, kind, values, once)
        except RegisterError as error:
            self.set_status(422)
            self._show(contract, model, values, problems_by_field(error))
            return
        except ForbiddenEntry:
            raise Refusal(403, f"you may not do this: {TABLE[model.action].words}") from None
        again = "&again=1" if entered.is_again else ""
        self.go(f"/desk/contracts/{contract.id}/entered?number={entered.numbers[0]}{again}")

    def _enter(self, contract: Contract, kind: str, values: Mapping[str, str], once: str) -> DeskEntries:
        words: dict[str, Any] = {name: values[name] for name in _names(KINDS[kind]) if values.get(name)}
        said = body_of(kind, words, contract.time_zone)
        draft = Statement(said, **{name: values.get(name, "") for name in TEXTS})
        return self.desk.enter(self.person, contract, [draft], once=once)

    def _show(
        self, contract: Contract, model: type[EntryKind], values: Mapping[str, str], problems: Mapping[str, str]
    ) -> None:
        fields = fields_of(model, values, problems)
        known = {field.name for field in fields}
        others = [f"{field}: {text}" for field, text in problems.items() if field not in known]
        kind = model.model_fields["kind"].default.replace("_", " ")
        told = " ".join((model.__doc__ or "").split())
        self.show_page(
            "entry_form.html", contract=contract, kind=kind, told=told, fields=fields, others=others,
            has_problems=bool(problems),
        )  # fmt: skip


class EnteredPage(DeskHandler):
    """`GET /desk/contracts/<contract>/entered?number=12`: what was entered."""

    action = Action.SEE_SERVICE

    async def get(self, contract: str) -> None:
        given = self.arguments_given()
        number = next(iter(given.get("number", ())), "")
        entries = await self.entries(contract)
        found = next((one for one in entries if f"{one.number}" == number and one.actor == self.person.name), None)
        if found is None:
            raise Refusal(404, "no such entry of yours")
        may_undo = not found.body.changes_figures and self.person.may(Action.UNDO, contract)
        undo = f"/desk/contracts/{contract}/entries/{found.number}/undo" if may_undo else ""
        self.show_page(
            "entered.html", contract=self.contract(contract), entry=found, is_again="again" in given, undo=undo
        )

    head = get


def problems_by_field(error: RegisterError) -> dict[str, str]:
    """What is wrong with each field, from lines of `field: what is wrong`."""
    found: dict[str, str] = {}
    for line in error.problems:
        field, _, text = line.partition(": ")
        found[field] = f"{found[field]}; {text}" if field in found else text
    return found
