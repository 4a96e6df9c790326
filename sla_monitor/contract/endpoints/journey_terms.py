"""The steps of a journey: what each asks for, expects, and takes from its answer for the steps after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from sla_monitor.contract.endpoints.http_terms import RequestTerms, credential_problems
from sla_monitor.contract.endpoints.network import HeaderName, JsonPath, no_typed_credentials
from sla_monitor.contract.endpoints.pattern import compile_group
from sla_monitor.contract.endpoints.template import (
    NAME,
    AddressTemplate,
    HeaderTemplate,
    JsonTemplate,
    Template,
    TemplateText,
    check_typed,
)
from sla_monitor.contract.fields import Identifier, Misplaced, Strict, YesNo
from sla_monitor.contract.reading.nearest import suggestion
from sla_monitor.contract.rules.plain_values import RuleProblem

MOST_STEPS = 20


def _name(value: str) -> str:
    if not NAME.fullmatch(value):
        raise ValueError("is not the name of a captured value (letters, digits, '_' and '-', at most 63, letter first)")
    return value


CaptureName = Annotated[str, AfterValidator(_name)]


def _group(value: str) -> str:
    try:
        compile_group(value)
    except ValueError as error:
        raise ValueError(f"{value!r} cannot capture: {error} (write for example token=([0-9a-f]+))") from None
    return value


GroupPattern = Annotated[
    str, AfterValidator(_group), WithJsonSchema({"$comment": "pattern with one group", "type": "string"})
]


Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class Capture(Strict):
    """Place of a value in a step's response: exactly one of the first four."""

    json_path: JsonPath | None = Field(None, alias="json", description="The first value that this JSON path finds.")
    matches: GroupPattern | None = Field(None, description="What the group holds where the pattern is first found.")
    header: HeaderName | None = Field(None, description="The value of a header.")
    cookie: str | None = Field(None, min_length=1, max_length=100, description="The value of a cookie.")
    secret: YesNo = Field(False, description="Hidden wherever it is echoed.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        ways = {"json_path": "json", "matches": "matches", "header": "header", "cookie": "cookie"}
        chosen = sorted(spelled for name, spelled in ways.items() if getattr(self, name) is not None)
        if len(chosen) != 1:
            given = f" (these are given: {', '.join(chosen)})" if chosen else ""
            raise ValueError(f"must say exactly one of json, matches, header, cookie{given}")
        return self


class StepRequest(Strict):
    """What a step asks."""

    id: Identifier = Field(description="The name in findings and alerts: unique in the journey.")
    name: str = Field("", max_length=60, description="The name for people.")
    method: Method = Field("GET", description="The method.")
    url: AddressTemplate = Field(description="The address; one that begins with / is appended to base.")
    headers: Annotated[dict[HeaderName, HeaderTemplate], AfterValidator(no_typed_credentials)] = Field(
        default_factory=dict, description="A credential must hold a reference."
    )
    form: Annotated[dict[str, TemplateText], AfterValidator(check_typed)] | None = Field(
        None, description="Fields, sent as a browser sends a form."
    )
    json_body: JsonTemplate | None = Field(None, alias="json", description="JSON as text; references within quotes.")
    body: TemplateText | None = Field(None, description="Anything else, sent as UTF-8.")


class JourneyStep(RequestTerms, StepRequest):
    """One request of a journey."""

    capture: dict[CaptureName, Capture] = Field(
        default_factory=dict, description="Values for the steps after this one, by the name they have there."
    )
    always: YesNo = Field(False, description="Clean up: asked also where an earlier step failed.")

    @property
    def title(self) -> str:
        """The name for people."""
        return self.name or self.id

    @property
    def templates(self) -> dict[tuple[str, ...], Template]:
        """Everything that may hold a reference, by its path."""
        found: dict[tuple[str, ...], Template | None] = {("url",): self.url}
        found |= {("headers", name): value for name, value in self.headers.items()}
        found |= {("form", name): value for name, value in (self.form or {}).items()}
        found |= {("json",): self.json_body, ("body",): self.body}
        return {path: value for path, value in found.items() if value is not None}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = list(credential_problems(self, self.headers))
        bodies = [key for key, value in self._bodies().items() if value is not None]
        problems += [((key,), f"conflicts with {bodies[0]} (write one of them)") for key in bodies[1:]]
        if bodies and self.method in {"GET", "HEAD"}:
            problems.append(((bodies[0],), f"is not sent with {self.method} (write method: POST)"))
        if problems:
            raise Misplaced(problems)
        return self

    def _bodies(self) -> dict[str, object]:
        return {"form": self.form, "json": self.json_body, "body": self.body}


def step_problems(steps: Sequence[JourneyStep], has_base: bool) -> Iterator[RuleProblem]:
    """What is wrong between the steps of a journey."""
    known: set[str] = set()
    later = {name: step.id for step in reversed(steps) for name in step.capture}
    ids: set[str] = set()
    for i, step in enumerate(steps):
        if step.id in ids:
            yield ("steps", i, "id"), f"step {step.id!r} is given twice (choose another id)"
        ids.add(step.id)
        if step.url.beginning.startswith("/") and not has_base:
            yield ("steps", i, "url"), "needs a base to be appended to (write base: https://host, or the whole address)"
        if not step.always and i and steps[i - 1].always:
            yield ("steps", i, "always"), "must be true too: steps with `always` must come last"
        for path, template in step.templates.items():
            for name in template.captured:
                if name not in known:
                    yield ("steps", i, *path), _unknown(name, known, later)
        known |= step.capture.keys()


def _unknown(name: str, known: set[str], later: dict[str, str]) -> str:
    if name in later:
        return f"${{{name}}} is not known yet: step {later[name]} captures it (capture it in an earlier step)"
    if not known:
        return f"nothing is captured before this step, and no ${{{name}}} (capture it in an earlier step)"
    return f"no earlier step captures ${{{name}}} ({suggestion(name, known)})"


def unused_captures(steps: Sequence[JourneyStep]) -> Iterator[RuleProblem]:
    """Values that no step after their own uses, with the path of each."""
    for i, step in enumerate(steps):
        used = {name for after in steps[i + 1 :] for one in after.templates.values() for name in one.captured}
        for name in step.capture:
            if name not in used:
                message = f"no later step uses ${{{name}}}, and it must be there all the same (write an expectation)"
                yield ("steps", i, "capture", name), message
