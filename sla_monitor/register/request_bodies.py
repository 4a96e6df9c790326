"""The bodies of requests to the desk's addresses: what they may hold, and their part of the OpenAPI document.

Every kind of entry is taken by its own model, so that one that is added is taken at once.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from sla_monitor.contract.fields import Strict
from sla_monitor.register.entries import KINDS, Decision
from sla_monitor.register.foreign_instant import Dates
from sla_monitor.register.instant import Instant
from sla_monitor.register.kinds.kind import EntryKind

EVIDENCE_CHARACTERS, REFERENCE_CHARACTERS = 1000, 200

ENTERED: dict[str, type[EntryKind]] = {name: kind for name, kind in KINDS.items() if not kind.command}
"""The kinds that are entered as they are; the others have an address, a page or a command of their own."""


class Papers(Strict):
    """Where more of an entry is to be found."""

    reference: str = Field("", max_length=REFERENCE_CHARACTERS, description="A number in somebody's files.")
    evidence: str = Field("", max_length=EVIDENCE_CHARACTERS, description="Where the supporting documents are.")


class Beside(Papers):
    """What belongs to every entry."""

    note: str = Field("", description="Why, in words.")


class EntryRequest(Beside):
    """An entry to be added. What is said is read by the model of its kind."""

    said: dict[str, Any] = Field(description="The statement: `kind`, and the fields of that kind.")


class UndoRequest(Beside):
    """Why an entry is taken back, or proposed terms are rejected or withdrawn."""

    note: str = Field(description="Why, in words.")


class GivenFile(Strict):
    """A file as text."""

    name: str = Field(min_length=1, max_length=120, description="Its name, as it is told where something is wrong.")
    content: str = Field(min_length=1, description="What it holds.")


class ProposalRequest(Beside):
    """New terms of a contract."""

    note: str = Field(description="Why, in words.")
    start: str = Field(description="The day from which they are to be in force: 2027-04-01.")
    file: GivenFile = Field(description="The contract's file.")
    holidays: tuple[GivenFile, ...] = Field(
        (), description="Files of bank holidays, by the names that it has for them; others stay as they are."
    )


class InvoiceRequest(Strict):
    """A supplier's invoice, to be compared with the credits that should stand on it."""

    file: GivenFile = Field(description="A CSV file; the first line names the columns.")
    columns: dict[str, str] = Field(
        {}, description="The field of a heading that is not known: invoice, line, date, month, amount, currency."
    )
    dates: Dates = Field("iso", description="How the file writes dates.")
    sign: Literal["negative", "positive"] = Field("negative", description="How credits stand among charges.")
    invoice: str = Field("", max_length=200, description="The invoice's number, for rows without one.")
    date: str = Field("", description="The invoice's day, for rows without one: 2026-11-30.")
    keep: Literal["matched", "all"] = Field(
        "matched", description="Which lines are entered: those that match, or those of a wrong amount too."
    )
    note: str = Field("", description="Why, in words: required where all are kept.")


class ApprovalRequest(Beside):
    """The approval of proposed terms."""

    digest: str = Field(description="The digest of the terms that were read, as the proposal has it.")


class SignOffRequest(Papers):
    """The authority's signature under a month's figures."""

    digest: str = Field(description="The digest of the figures that were read, as the month has it.")
    acknowledged: tuple[str, ...] = Field((), description="What was still open: `open_points` as the month has them.")
    reason: str = Field("", description="Why a month that is final is stated again.")


class CountersignRequest(Papers):
    """The supplier's signature under the figures that the authority signed."""

    digest: str = Field(description="The digest that the authority signed, as the month has it.")


class DecisionRequest(Beside):
    """A decision on an entry."""

    note: str = Field(description="Why, in words.")
    granted: bool = Field(description=Decision.model_fields["granted"].description)
    start_ms: Instant | None = Field(None, alias="start", description="Granted only from here on.")
    end_ms: Instant | None = Field(None, alias="end", description="Granted only up to here.")


BODIES = (
    EntryRequest, UndoRequest, ProposalRequest, InvoiceRequest, ApprovalRequest, DecisionRequest, SignOffRequest,
    CountersignRequest,
)  # fmt: skip


def request_schemas(reference: str) -> dict[str, Any]:
    """The schemas of all bodies by their names. `reference`: how one leads to another, with `{model}` for the name."""
    bodies: list[type[BaseModel]] = [*BODIES, *ENTERED.values()]
    _, found = models_json_schema([(one, "validation") for one in bodies], by_alias=True, ref_template=reference)
    schemas: dict[str, Any] = found["$defs"]
    kinds = {name: reference.format(model=kind.__name__) for name, kind in ENTERED.items()}
    schemas["EntryRequest"]["properties"]["said"] = {
        "description": "The statement, by its kind.",
        "oneOf": [{"$ref": address} for address in kinds.values()],
        "discriminator": {"propertyName": "kind", "mapping": kinds},
    }
    for name, kind in ENTERED.items():
        schema = schemas[kind.__name__]
        schema["properties"]["kind"].setdefault("description", "Which kind of entry it is.")
        schema["required"] = sorted({"kind", *schema.get("required", ())})
        schema["examples"] = [{"kind": name, **kind.example.words}]
    return schemas
