"""What Grafana shows of a panel: its own field processing, of two versions, in node."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Json = dict[str, Any]
ROOT = Path(__file__).parents[2]
RENDERING = ROOT / "tests/generate/grafana/rendering"
LIBRARY = ROOT / ".venv/grafana"
"""Where `make test` has it installed."""
VERSIONS = ("grafana-9", "grafana-12")
GREY = "#8e8e8e"
GREEN, YELLOW, RED, BLUE, PURPLE = "#73BF69", "#FADE2A", "#F2495C", "#5794F2", "#B877D9"
"""Grafana's own named colours in its dark theme."""

Ask = Callable[[Json], Json]
"""What Prometheus answers to a panel's target: `resultType` and `result`."""


def nothing(_: Json) -> Json:
    """Of a Prometheus that knows nothing."""
    return {"resultType": "vector", "result": []}


def rendered(asked: Mapping[str, tuple[Json, Ask]], version: str) -> dict[str, Json]:
    """What each panel shows, by a name of the caller's: tiles, columns of cells, lines, or rows of states with their
    legend."""
    subprocess.run([ROOT / "tools/grafana-library", LIBRARY], check=True)
    answered = [
        {"panel": panel, "answers": {target["refId"]: ask(target) for target in panel["targets"]}}
        for panel, ask in asked.values()
    ]
    done = subprocess.run(
        ["node", RENDERING / "render.cjs", version],
        cwd=LIBRARY,
        input=json.dumps({"panels": answered}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return dict(zip(asked, json.loads(done.stdout), strict=True))


def cells(shown: Json, heading: str) -> list[tuple[str, str]]:
    """Text and colour of each cell in a table's column."""
    (column,) = [one for one in shown["columns"] if one["name"] == heading]
    return [(cell["text"], cell["color"]) for cell in column["cells"]]


def table(shown: Json, key: str, heading: str) -> dict[str, tuple[str, str]]:
    """A column by what stands in another one."""
    names = [text for text, _ in cells(shown, key)]
    return dict(zip(names, cells(shown, heading), strict=True))
