"""Alerting settings: how alerts are made, where they go, and where their links lead."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from sla_monitor.contract.endpoints.network import Url
from sla_monitor.contract.fields import DurationMs, FilePath, Misplaced, Percent, Strict, Whole, YesNo
from sla_monitor.contract.reading.secret import Secret


class Links(Strict):
    """Where the links in alerts lead: addresses that the people who are called can open."""

    runbooks: Url = Field(
        "https://runbooks.example/sla-monitor",
        description="The page that docs/runbooks.md is published as; each alert links to its section.",
    )
    dashboards: Url = Field("http://127.0.0.1:3000", description="Grafana.")


class Burn(Strict):
    """A rate at which the allowance is used up: so much of it within the long window, and as fast in the short one."""

    share_percent: Percent = Field(alias="share", gt=0, description="Of the whole period's allowance, per hundred.")
    long_ms: DurationMs = Field(alias="long", description="The window in which it is used up.")
    short_ms: DurationMs = Field(alias="short", description="The window that shows that it still goes on.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.short_ms >= self.long_ms:
            raise Misplaced([(("short",), "must be shorter than long (write a twelfth of it)")])
        return self


def _burn(share: int, long: str, short: str) -> Burn:
    return Burn.model_validate({"share": share, "long": long, "short": short})


Burns = Annotated[tuple[Burn, ...], Field(min_length=1, max_length=4)]


class Alerting(Strict):
    """What `sla-monitor generate` makes rules and routes from, beside the contracts."""

    scrape_every_ms: DurationMs = Field(15_000, alias="scrape_every", description="How often Prometheus asks.")
    evaluate_every_ms: DurationMs = Field(15_000, alias="evaluate_every", description="How often it evaluates rules.")
    page: Burns = Field(
        (_burn(2, "1h", "5m"), _burn(5, "6h", "30m")),
        description="When an allowance burns so fast that somebody is called: any one of these.",
    )
    ticket: Burns = Field(
        (_burn(10, "1d", "2h"), _burn(10, "3d", "6h")),
        description="When it burns fast enough for a ticket: any one of these.",
    )
    patience_ms: DurationMs = Field(
        600_000, alias="patience", description="How long a fault must last before it alerts, where it calls no one."
    )
    certificate_days: Whole = Field(21, ge=1, le=365, description="Days before a certificate's expiry.")
    claim_days: Whole = Field(7, ge=1, le=365, description="Days before the deadline of a claim.")
    decision_days: Whole = Field(5, ge=1, le=365, description="Days for which an entry may await a decision.")
    near_percent: Percent = Field(Decimal(80), description="From this much of a limit on, a trigger or cap is near.")
    group_wait_ms: DurationMs = Field(
        30_000, alias="group_wait", description="How long Alertmanager waits for more of the same before it notifies."
    )
    receivers: FilePath | None = Field(
        None, description="A list of Alertmanager receivers in place of the placeholders of the same names."
    )


class Alertmanager(Strict):
    """Where Prometheus sends alerts, and the daemon, if it is to, silences."""

    url: Url = Field("http://127.0.0.1:9093", description="Its address.")
    silences: YesNo = Field(False, description="Whether permitted maintenance becomes silences.")
    every_ms: DurationMs = Field(60_000, alias="every", description="How often silences are compared with bookings.")
    timeout_ms: DurationMs = Field(5_000, alias="timeout", description="How long it may take to answer.")
    bearer_token: Secret | None = Field(None, description="Sent as `Authorization: Bearer`.")
    ca_file: FilePath | None = Field(None, description="Trust only this CA bundle, not the system's.")
