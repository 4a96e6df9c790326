"""A service's state as a badge: one SVG without script, style sheet or font of its own. Pure."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree as ET

from sla_monitor.sla.observation import Outcome
from sla_monitor.web.page.selection import ListedService
from sla_monitor.web.page.service_cards import summary
from sla_monitor.wording.text import abridged, plain
from sla_monitor.wording.vocabulary import OUTCOMES, SYMBOLS

COLOURS = {Outcome.UP: "#1a6b35", Outcome.DEGRADED: "#8a5300", Outcome.DOWN: "#b3161b", Outcome.UNKNOWN: "#59616d"}
"""Of the status page; white can be read on each."""

LABEL = "#2b323c"
SIZE, HEIGHT, GAP = 11, 20, 6
LONGEST = 40
"""Characters of a service's name; all of it stands in the title."""

SVG = "http://www.w3.org/2000/svg"
FONT = "DejaVu Sans, Verdana, Geneva, sans-serif"

WIDTHS = bytes.fromhex(
    "20282e54405f4e1b272732542024202240404040404040404040222254545435644445464d3f3a4d4b1d1d4238564b4f"
    "3c4f453f3d494463453d452722275432323d3f373f3e233f3f1c1c3a1c613f3d3f3f2934273f3b523b3b3440224054"
)
"""Of the printable characters of ASCII, in hundredths of the size, in DejaVu Sans: the widest of the fonts above."""

WIDE, OTHER = 110, 84


def badge_of(one: ListedService, *, has_availability: bool) -> bytes:
    """A service now; with the month's availability, which never stands without its coverage."""
    word = OUTCOMES[one.state]
    if has_availability:
        figures = summary(one.assessed, one.kpis) if one.assessed else "not assessed yet"
        word = f"{word}, {figures}"
    return drawn(one.name, one.state, word)


def missing_badge(name: str) -> bytes:
    """Of a service that is not there."""
    return drawn(plain(name), Outcome.UNKNOWN, "no such service")


def drawn(name: str, state: Outcome, word: str) -> bytes:
    """Two fields: whose state it is, and the state."""
    label, said = abridged(name, LONGEST), f"{SYMBOLS[state]} {word}"
    left, right = text_width(label), text_width(said)
    middle, width = left + 2 * GAP, left + right + 4 * GAP
    svg = ET.Element(
        "svg", xmlns=SVG, width=f"{width}", height=f"{HEIGHT}", viewBox=f"0 0 {width} {HEIGHT}", role="img"
    )
    told = f"{name}: {word[:1].lower()}{word[1:]}"
    svg.set("aria-label", told)
    ET.SubElement(svg, "title").text = told
    ET.SubElement(svg, "path", fill=LABEL, d=f"M3 0H{middle}V{HEIGHT}H3a3 3 0 0 1-3-3V3a3 3 0 0 1 3-3z")
    right_edge = f"M{middle} 0H{width - 3}a3 3 0 0 1 3 3V{HEIGHT - 3}a3 3 0 0 1-3 3H{middle}z"
    ET.SubElement(svg, "path", fill=COLOURS[state], d=right_edge)
    texts = ET.SubElement(svg, "g", {"fill": "#fff", "font-family": FONT, "font-size": f"{SIZE}"})
    for x, length, text in ((GAP, left, label), (middle + GAP, right, said)):
        # Whatever font there is: the text is made as long as its field.
        at = {"x": f"{x}", "y": "14", "textLength": f"{length}", "lengthAdjust": "spacingAndGlyphs"}
        ET.SubElement(texts, "text", {**at, "aria-hidden": "true"}).text = text
    made: bytes = ET.tostring(svg, encoding="utf-8")
    return made


def text_width(text: str) -> int:
    """Pixels that a text takes, at least one."""
    return max(1, -(-sum(map(_width, text)) * SIZE // 100))


def _width(character: str) -> int:
    place = ord(character) - 32
    if 0 <= place < len(WIDTHS):
        return WIDTHS[place]
    if unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return WIDE if unicodedata.east_asian_width(character) in {"W", "F"} else OTHER
