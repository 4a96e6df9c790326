"""A collector of a pair, until it is killed. FOLDER is called as it is; FOLDER/nats.json has its server's settings."""

from __future__ import annotations

import json
import time
from pathlib import Path

from tests.support.nats import collecting


def main(folder: Path) -> None:
    with collecting(folder, json.loads((folder / "nats.json").read_text()), name=folder.name):
        while True:
            time.sleep(1)
