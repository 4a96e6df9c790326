"""A collector of what a site far away sees, until it is killed. The settings of its server are in FOLDER/nats.json."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.support.nats import collecting


def main(folder: Path) -> None:
    with collecting(folder, json.loads((folder / "nats.json").read_text())):
        while True:
            time.sleep(1)
