"""Whom to call: people and desks, named once and called in the order that a service says."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from sla_monitor.contract.fields import Identifier, Name, Strict

Line = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Contact(Strict):
    """Somebody who is called, or told."""

    id: Identifier = Field(description="The name in `contacts` of a service.")
    name: Name = Field(description="Who, and for what: Boeing service desk (24 hours).")
    phone: Line = Field("", description="As one dials it.")
    email: Line = Field("", description="The address.")

    def __str__(self) -> str:
        return ", ".join(part for part in (self.name, self.phone, self.email) if part)
