"""docs/demo.md says what the code does."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from sla_monitor.demo.estate import PLACES, Ports
from sla_monitor.demo.scenario import A_BAD_DAY

PAGE = (Path(__file__).parents[2] / "docs" / "demo.md").read_text(encoding="utf-8")


def test_the_page_lists_the_script() -> None:
    rows = re.findall(r"^\| (\d+) \| (\d+) \| (.+) \| `(.+)` \|$", PAGE, re.MULTILINE)
    script = [(str(step.start_seconds), str(step.end_seconds), step.title, step.place) for step in A_BAD_DAY.steps]
    assert rows == script
    text = " ".join(PAGE.split())
    assert f"begins again after {A_BAD_DAY.cycle_seconds} seconds" in text
    assert f"first failure comes after {script[0][0]} seconds" in text


def test_the_page_lists_the_ports() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d{5}) \|", PAGE, re.MULTILINE)
    assert {name: int(port) for name, port in rows} == dataclasses.asdict(Ports())
    assert {name for name, _ in rows} <= PLACES
