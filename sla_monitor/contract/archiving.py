"""How exactly observations are kept in sealed days, when the database has given them up."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sla_monitor.contract.fields import Strict


class Archive(Strict):
    """What sealed days keep of each observation; the outcome, its reason and the status are always kept."""

    phases: Literal["us", "ms", "none"] = Field(
        "us",
        description="How long each phase took: exact in us (about 9 bytes an observation), whole ms (about 3), or none"
        " (less than 1). Must be us where a KPI is made of single observations.",
    )
