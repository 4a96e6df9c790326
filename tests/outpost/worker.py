"""A site far away that sees one endpoint every EVERY_MS, as fast as it can, until it is killed.

The settings of its server are in FOLDER/nats.json; `FOLDER/kept` says how many observations are on its disk for
certain.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from tests.support.nats import EVERY_MS, Sender
from tests.support.waiting import until

AT_ONCE = 40


def main(folder: Path, first_ms: int, count: int) -> None:
    kept = folder / "kept"
    done = int(kept.read_text()) if kept.exists() else 0
    sender = Sender(folder / "outbox.db", json.loads((folder / "nats.json").read_text()))
    while True:
        if done < count:
            several = [first_ms + number * EVERY_MS for number in range(done, min(done + AT_ONCE, count))]
            sender.see(*several)
            for _ in until(lambda: not sender.outbox._held):
                time.sleep(0.001)
            done += len(several)
            (folder / "kept.new").write_text(str(done))
            os.replace(folder / "kept.new", kept)  # noqa: PTH105 - in one step, whenever it is killed
        time.sleep(0.02)
