"""Styles of values: colours with one meaning everywhere, thresholds, mappings, units; for dark and light themes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sla_monitor.contract.terms import Terms
from sla_monitor.sla.banding import bands_of, is_met
from sla_monitor.sla.observation import Outcome
from sla_monitor.wording.vocabulary import (
    MET,
    MISSED,
    NO_DATA,
    NO_FIGURE_YET,
    NOT_ASSESSABLE,
    OUTCOMES,
    SYMBOLS,
    describe_id,
)

Json = dict[str, Any]

GOOD, NEAR, SERIOUS, BAD, WORST, UNSEEN, PLAIN = (
    "green",
    "yellow",
    "orange",
    "red",
    "dark-red",
    "purple",
    "text",
)
UNKNOWN = "#8e8e8e"
"""Of what has no figure, or none that counts: neither good nor bad. Grafana has no name for grey."""

STATES: Mapping[str, tuple[str, str]] = {
    str(code): (f"{SYMBOLS[outcome]} {OUTCOMES[outcome]}", color)
    for code, (outcome, color) in enumerate(
        ((Outcome.UP, GOOD), (Outcome.DEGRADED, NEAR), (Outcome.UNKNOWN, UNSEEN), (Outcome.DOWN, BAD))
    )
}
"""What queries.state_code says."""

KPI_STATES = {"0": (MET, GOOD), "1": (NO_FIGURE_YET, UNKNOWN), "2": (NOT_ASSESSABLE, UNKNOWN), "3": (MISSED, BAD)}
"""What queries.kpi_state_code says."""
USED_UP = ("Used up", BAD)
"""An allowance below nothing: Grafana would show it as a time that is past."""
GOOD_WHEN_ONE = {"0": ("No", BAD), "1": ("Yes", GOOD)}
BAD_WHEN_ONE = {"0": ("No", GOOD), "1": ("Yes", BAD)}
HOURS = {
    "0": ("", "transparent"),
    "1": ("Service hours", "blue"),
    "2": ("Permitted maintenance", NEAR),
    "3": (OUTCOMES[Outcome.DOWN], BAD),
    "4": ("Booked, not permitted", SERIOUS),
}
"""What runs, on the second timeline."""
NEVER = {"0": ("–", PLAIN)}
"""A moment that there is not."""

CURRENCIES = frozenset({"CHF", "CZK", "DKK", "EUR", "GBP", "ISK", "JPY", "NOK", "PLN", "RUB", "SEK", "USD"})
"""Those that Grafana has a unit for."""


def steps(*pairs: tuple[float | None, str]) -> Json:
    """Thresholds, ascending; the first begins at nothing (None)."""
    return {"mode": "absolute", "steps": [{"value": value, "color": color} for value, color in pairs]}


ONE_COLOR = steps((None, GOOD))
ANY_IS_BAD = steps((None, GOOD), (1, BAD))
ANY_IS_NEAR = steps((None, GOOD), (1, NEAR))
ANY_IS_UNSEEN = steps((None, GOOD), (1, UNSEEN))
SHARE_LEFT = steps((None, BAD), (0.0001, SERIOUS), (0.25, GOOD))
SHARE_USED = steps((None, GOOD), (0.75, NEAR), (1, BAD))
SHARE_SEEN = steps((None, BAD), (0.9, NEAR), (0.99, GOOD))
BURN = steps((None, GOOD), (0.8, NEAR), (1, BAD))


def value_mappings(texts: Mapping[str, tuple[str, str]]) -> list[Json]:
    """Values that are shown as words, in a colour."""
    options = {}
    for index, (value, (text, color)) in enumerate(texts.items()):
        options[value] = {"index": index, "text": text, "color": color}
    return [{"type": "value", "options": options}] if options else []


def negative_mapping(text: str, color: str) -> Json:
    """What is below nothing as one word. Grafana reads an end that is not given as 0."""
    return {"type": "range", "options": {"from": -1e15, "to": -1e-9, "result": _result(text, color, 0)}}


def gap_mappings(word: str = NO_DATA) -> list[Json]:
    """What there is nothing for. Without them Grafana gives it the colour of the lowest threshold: green, or red."""
    return [_special("null", word, UNKNOWN, 0), _special("empty", word, UNKNOWN, 1)]


def unassessed_mapping() -> Json:
    """Queries say NaN of a figure that is not assessable. For numbers only: to Grafana 9 every name is NaN too."""
    return _special("nan", NOT_ASSESSABLE, UNKNOWN, 2)


def _special(match: str, text: str, color: str, index: int) -> Json:
    return {"type": "special", "options": {"match": match, "result": _result(text, color, index)}}


def _result(text: str, color: str, index: int) -> Json:
    return {"index": index, "text": text, "color": color}


def currency_unit(contracts: Iterable[Terms]) -> str:
    """Grafana's unit for the money of all the contracts; with several currencies (or one that it does not know) a
    plain number beside the currency's label."""
    codes = {terms.currency for terms in contracts}
    return f"currency{codes.pop()}" if len(codes) == 1 and codes <= CURRENCIES else "short"


def band_colors(contracts: Iterable[Terms]) -> dict[str, tuple[str, str]]:
    """Every band that the terms name: green where the target is met, then worse and worse."""
    found: dict[str, tuple[str, str]] = {}
    for terms in contracts:
        for kpi in terms.kpis:
            missed = iter((NEAR, SERIOUS, BAD, WORST))
            for band in bands_of(kpi):
                color = GOOD if is_met(kpi, band) else next(missed, WORST)
                found.setdefault(band.name, (describe_id(band.name).capitalize(), color))
    return found
