"""Settings of the pages for others: the public's, and the participants'. Neither is served unless it is named."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from sla_monitor.contract.fields import Identifier, Misplaced, Strict
from sla_monitor.contract.reading.secret import Secret


class SharedViews(Strict):
    """Who, beside the operators, may see services, their states, outages and maintenance; never money."""

    public: Literal["closed", "token", "everybody"] = Field(
        "closed", description="Who may see `/public`: nobody, who has the token, or everybody."
    )
    public_token: Secret | None = Field(None, description="The token of `/public`, 16 characters or more.")
    participants: dict[Identifier, Secret] = Field(
        default_factory=dict,
        description="The token of each participant's page, `/participants/ID`, by its id in the contracts.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.public == "token" and self.public_token is None:
            raise Misplaced([(("public",), "needs public_token (openssl rand -hex 16 makes one)")])
        if self.public != "token" and self.public_token is not None:
            raise Misplaced([(("public_token",), "has no use while public is not token (write public: token)")])
        return self

    @property
    def is_open(self) -> bool:
        """Whether anybody beside the operators may see anything."""
        return self.public != "closed" or bool(self.participants)
