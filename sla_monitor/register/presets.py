"""How the usual service desks export their tickets: headings, words for priorities, and ways to write a date.

Sources: the tools' own exports with English headings. ServiceNow: list export to CSV of `incident`, by labels or by
column names. Jira: issue navigator, "Export CSV". GLPI: search result, CSV. Zammad: reporting profile's ticket list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Preset:
    """One tool's export. `columns`: fields by heading as `csv_sheet.heading` spells it; `priorities`: ours by theirs,
    in small letters; `has_spaced_numbers`: digits of a ticket's number are grouped by spaces."""

    columns: Mapping[str, str]
    priorities: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    two_digit_years: bool = False
    has_spaced_numbers: bool = False


ITIL_PRIORITIES = MappingProxyType(
    {"1 - critical": "P1", "2 - high": "P2", "3 - moderate": "P3", "4 - low": "P4", "5 - planning": "P5"}
)
"""The five of ServiceNow as delivered; a number that says the same stands before each, so no preset is needed."""

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "servicenow": Preset(
            {
                "number": "id",
                "priority": "priority",
                "business_service": "service",
                "service": "service",
                "opened": "opened",
                "opened_at": "opened",
                "resolved": "ended",
                "resolved_at": "ended",
                "state": "state",
                "incident_state": "state",
            },
            ITIL_PRIORITIES,
        ),
        "jira": Preset(
            {
                "issue_key": "id",
                "key": "id",
                "priority": "priority",
                "affected_services": "service",
                "created": "opened",
                "resolved": "ended",
                "status": "state",
            },
            MappingProxyType({"highest": "P1", "high": "P2", "medium": "P3", "low": "P4", "lowest": "P5"}),
            two_digit_years=True,
        ),
        "glpi": Preset(
            {
                "id": "id",
                "priority": "priority",
                "opening_date": "opened",
                "resolution_date": "ended",
                "status": "state",
            },
            MappingProxyType(
                {"major": "P1", "very high": "P2", "high": "P3", "medium": "P4", "low": "P5", "very low": "P6"}
            ),
            has_spaced_numbers=True,
        ),
        "zammad": Preset(
            {
                "#": "id",
                "number": "id",
                "ticket_number": "id",
                "priority": "priority",
                "created_at": "opened",
                "first_response_at": "responded",
                "closed_at": "ended",
                "close_at": "ended",
                "state": "state",
            },
            # Zammad counts upwards: 1 is the least urgent.
            MappingProxyType({"3 high": "P1", "2 normal": "P2", "1 low": "P3"}),
        ),
    }
)

CLOSED_STATES = frozenset(
    {
        *("closed", "closed_complete", "closed_incomplete", "closed_skipped", "complete", "completed", "done"),
        *("resolved", "solved", "cancelled", "canceled", "declined", "merged", "rejected"),
    }
)
"""States, as `csv_sheet.heading` spells them, in which a ticket is not open, whatever its columns of time say."""

LIKE_AN_END = ("resol", "clos", "end", "finish", "solv", "complet", "restor", "fix", "done")
"""Parts of headings that may be the end of a ticket."""
