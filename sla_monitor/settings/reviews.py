"""Review settings: how the monthly packs are made, kept and sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from sla_monitor.contract.endpoints.network import Host, Port
from sla_monitor.contract.fields import FilePath, Identifier, Misplaced, Strict, YesNo
from sla_monitor.contract.reading.secret import Secret

MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s<>,;:\"]{1,64}@[A-Za-z0-9.-]{1,255}$")]


class Mail(Strict):
    """The mail server that review packs are sent through, and who gets them."""

    host: Host = Field(description="The mail server.")
    port: Port = Field(587, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="tls: from the first byte on; none: only for a server on this machine."
    )
    ca_file: FilePath | None = Field(None, description="Trust only this CA bundle, not the system's.")
    user: str | None = Field(None, description="Who we are there; none: the server asks for no name.")
    password: Secret | None = Field(None, description="And how we show it.")
    sender: MailAddress = Field(description="The address that packs come from.")
    to: dict[Identifier, tuple[MailAddress, ...]] = Field(
        default_factory=dict, description="By contract, who gets its packs: people of the authority's."
    )
    suppliers: dict[Identifier, tuple[MailAddress, ...]] = Field(
        default_factory=dict, description="By contract, who gets the supplier's copy, and claims."
    )

    def recipients(self, contract: str, copy: Literal["authority", "supplier"]) -> tuple[MailAddress, ...]:
        """Who gets a copy."""
        return (self.suppliers if copy == "supplier" else self.to).get(contract, ())

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise Misplaced([(("user",), "and password belong together (write both, or neither)")])
        if self.password is not None and self.security == "none":
            raise Misplaced([(("security",), "must not be none where a password is sent (write starttls or tls)")])
        return self


class Reviews(Strict):
    """The packs for the monthly review."""

    folder: FilePath = Field(
        Path("../var/reviews"),
        validate_default=True,
        description="Where packs are put. Under systemd, reviews in $STATE_DIRECTORY.",
    )
    automatic: YesNo = Field(
        False,
        description="Whether the daemon makes the pack of a past month, and again after its sign-off.",
    )
    formats: tuple[Literal["html", "pdf", "xlsx", "csv", "json"], ...] = Field(
        ("html", "pdf", "xlsx", "csv", "json"), min_length=1, description="The renderings; pdf and xlsx need libraries."
    )
    bundles: YesNo = Field(
        False, description="Whether the daemon makes the supplier's copy too, and a bundle (ZIP) of each copy."
    )
    kept_by: Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = Field(
        "", description="Who keeps the record, as a certificate names them; empty: the authority."
    )
    mail: Mail | None = Field(None, description="How packs are sent; none: no mail is sent.")

    @model_validator(mode="after")
    def _can_be_bundled(self) -> Self:
        if self.bundles and "json" not in self.formats:
            raise Misplaced([(("formats",), "must have json where bundles are made (they are checked by it)")])
        return self
