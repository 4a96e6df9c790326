"""Make docs/images from the demo: pages of a running monitor, the pack of the sample month, commands in a terminal.

    python -m tools.pictures [NAME]...        # all of them, or those that are named

A new picture is a line of PAGES, FILES or TERMINALS, or of the walk in desk_pictures.py. The demo runs calmly, the same
three things go wrong each time, and the sample month is in the ledger; only the time of day differs from run to
run, and of the desk the month. Needs Debian's chromium.
"""

from __future__ import annotations

import html
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sla_monitor.demo.estate import ANY_PORTS, Estate, Ports
from sla_monitor.demo.example import example_files
from sla_monitor.demo.monitor import states
from sla_monitor.demo.scenario import CALM, slow, status
from tools.desk_pictures import DESK_PICTURES, take_desk_pictures

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs/images"
CHROMIUM = ("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage")
WAIT_SECONDS = 60.0

# The environment's proxies are for the world outside; the monitor is on this host.
_open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open

CONTRACT, MONTH = "police-strategic-it", "2026-10"
TWO_FILES = f"config/contracts/{CONTRACT}.yaml --evidence config/evidence/{CONTRACT}-{MONTH}.json"


@dataclass(frozen=True, slots=True)
class Picture:
    """`source`: a path of the monitor, a file below the folder, or a command. Pixels."""

    name: str
    source: str
    width: int = 1120
    height: int = 1000


PAGES = (
    Picture("status-page", "/", height=1370),
    Picture("status-page-phone", "/", width=500, height=1000),
    Picture("service-page", f"/services/{CONTRACT}/custody", height=1600),
    Picture("endpoint-page", f"/endpoints/{CONTRACT}/cad-incidents", height=1440),
    Picture("wall", "/wall", width=1280, height=720),
)
FILES = (Picture("pack", f"reviews/{CONTRACT}-{MONTH}/{CONTRACT}-{MONTH}.html", height=1400),)
TERMINALS = (
    Picture("first-use", "init --url https://portal.example/login --title 'Customer portal' --folder mine", height=120),
    Picture("assessment", f"assess {TWO_FILES} --period {MONTH}", width=1530, height=540),
)


def main(names: list[str]) -> None:
    every = [one.name for one in (*PAGES, *FILES, *TERMINALS, *DESK_PICTURES)]
    if unknown := set(names) - set(every):
        sys.exit(f"no such picture: {', '.join(sorted(unknown))} (there are: {', '.join(every)})")
    wanted = set(names or every)
    IMAGES.mkdir(exist_ok=True)
    take_desk_pictures(IMAGES, wanted & {one.name for one in DESK_PICTURES})
    if any(one.name in wanted for one in (*PAGES, *FILES, *TERMINALS)):
        _take(wanted)


def _take(wanted: set[str]) -> None:
    """Those of the example and of the demo without a desk."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as name:
        folder = Path(name)
        for path, text in example_files().items():
            (folder / "config" / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / "config" / path).write_text(text, encoding="utf-8")
        for picture in (one for one in TERMINALS if one.name in wanted):
            _shoot(_terminal(folder, picture), picture)
        if any(one.name in wanted for one in FILES):
            run(folder, f"review {TWO_FILES} --period {MONTH} --format html --output reviews")
        for picture in (one for one in FILES if one.name in wanted):
            _shoot((folder / picture.source).as_uri(), picture)
        pages = [one for one in PAGES if one.name in wanted]
        if pages:
            with _demo(folder) as address:
                for picture in pages:
                    _shoot(address + picture.source, picture)


def run(folder: Path, command: str) -> str:
    """What a command of the program prints."""
    words = [sys.executable, "-m", "sla_monitor", *shlex.split(command)]
    environment = os.environ | {"COLUMNS": "150", "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def _terminal(folder: Path, picture: Picture) -> str:
    """A page that looks as a terminal does."""
    said = run(folder, picture.source).replace(f"{sys.executable} -m sla_monitor", "sla-monitor")
    text = html.escape(f"$ sla-monitor {picture.source}\n{said}")
    style = "margin:0;background:#1b1f24;color:#e6e6e6;font:14px/1.45 'DejaVu Sans Mono',monospace;padding:16px"
    page = folder / f"{picture.name}.html"
    page.write_text(f'<!doctype html><meta charset="utf-8"><body style="{style}"><pre style="margin:0">{text}</pre>')
    return page.as_uri()


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    """The address of a monitor that watches the estate, on free ports, with three things wrong."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    estate = Estate(folder / "var/demo", ports=ANY_PORTS, scenario=CALM, monitor_url=address)
    estate.start()
    _point_at(folder / "config", {**_moved(estate.ports), "9810": str(port)})
    run(folder, "ledger init")
    run(folder, f"ledger import config/evidence/{CONTRACT}-{MONTH}.json --yes")
    process = subprocess.Popen(
        [sys.executable, "-m", "sla_monitor", "run"], cwd=folder, stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        _wait_for(address, {"up", "degraded"})
        estate.force("/custody/health", status(503))
        estate.force("/cad/incidents", slow(2))
        estate.force("/custody/search", status(500))
        _wait_for(address, {"up", "degraded", "down"}, down=2)
        time.sleep(16)  # the figures are assessed every 15 s
        yield address
    finally:
        process.terminate()
        process.wait(30)
        estate.stop()


def _moved(ports: Ports) -> dict[str, str]:
    return {str(old): str(new) for old, new in zip(asdict(Ports()).values(), asdict(ports).values(), strict=True)}


def _point_at(config: Path, ports: dict[str, str]) -> None:
    for file in (config / "sla-monitor.yaml", config / f"contracts/{CONTRACT}.yaml"):
        text = re.sub(rf"\b({'|'.join(ports)})\b", lambda match: ports[match[1]], file.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8")


def _wait_for(address: str, allowed: set[str], down: int = 0) -> None:
    """Until every endpoint is in one of some states, and so many are down."""
    until_s = time.monotonic() + WAIT_SECONDS
    found: list[str] = []
    while not (found and set(found) <= allowed and found.count("down") >= down):
        if time.monotonic() > until_s:
            sys.exit(f"the monitor does not come to show the demo within {WAIT_SECONDS:.0f} s: {found}")
        time.sleep(0.5)
        try:
            with _open(f"{address}/metrics", timeout=5) as answer:
                found = [state for one in states(answer.read().decode()).values() for state in one.values()]
        except OSError:
            continue


def _shoot(url: str, picture: Picture) -> None:
    path = IMAGES / f"{picture.name}.png"
    size = f"--window-size={picture.width},{picture.height}"
    with tempfile.TemporaryDirectory() as profile:
        command = (*CHROMIUM, size, f"--user-data-dir={profile}", f"--screenshot={path}", url)
        subprocess.run(command, check=True, capture_output=True, timeout=120)
    print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
