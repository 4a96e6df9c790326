"""Pictures of the demo's desk, taken on the way through a month by the people of the demo."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sla_monitor.demo.estate import Ports
from sla_monitor.demo.last_month import ZONE, last_month
from sla_monitor.demo.people import CONTRACT, LISTEN, PEOPLE
from tests.e2e.seat import PHONE, Screen, Seat, seats

DESK = Screen(1040, 800)
START_SECONDS, STOP_SECONDS = 60, 30
CLAIM = 2
"""The number of the claim among the entries of the demo's month."""
LETTER = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
TICKETS = """number,priority,opened_at,resolved_at
INC0090702,1 - Critical,{month}-05 22:00:00,{month}-06 01:10:00
INC0090711,1 - Critical,{month}-12 02:04:00,{month}-12 08:00:00
INC0090760,2 - High,{month}-14 10:00:00,{month}-14 15:00:00
"""


@dataclass(frozen=True, slots=True)
class DeskPicture:
    """From the top of what `top` selects to the bottom of what `bottom` does."""

    name: str
    bottom: str
    top: str = "h1"


DESK_PICTURES = (
    DeskPicture("desk-waits", ".cards", top=".site"),
    DeskPicture("desk-phone", ".waiting > li:nth-child(4)", top=".site"),
    DeskPicture("desk-outages", ".failures > li"),
    DeskPicture("desk-decide", ".effect"),
    DeskPicture("desk-import", "main tbody tr:nth-child(2)"),
    DeskPicture("desk-month", "main > .good", top="table.effect + p"),
    DeskPicture("desk-credits", "main table"),
    DeskPicture("desk-audit", "main tbody tr:nth-child(6)"),
)
MARGIN = 12
"""Pixels around what is meant."""


def take_desk_pictures(images: Path, wanted: set[str]) -> None:
    """Walk through the month, and keep the pictures that are wanted."""
    if not wanted:
        return
    with TemporaryDirectory(prefix="pictures-desk-") as name, _desk(Path(name)) as (here, password):
        asyncio.run(_Walk(images, wanted, Path(name)).through(here, password))


@contextmanager
def _desk(folder: Path) -> Iterator[tuple[str, str]]:
    """A calm demo with a desk: its address and password."""
    program = (sys.executable, "-u", "-m", "sla_monitor", "demo", "--with-desk", "--calm")
    command = (*program, "--port-offset", f"{_free_offset()}", "--folder", f"{folder / 'demo'}")
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            said = ""
            for line in process.stdout or ():
                said += line
                if found := re.search(r"starting: (\S+)/desk.*with the password (\S+)\n", said, re.DOTALL):
                    break
            else:
                sys.exit(f"the demo does not start:\n{said}")
            _wait_for(found[1])
            yield found[1], found[2]
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)


def _free_offset() -> int:
    """By how much the demo's ports are moved, so that all are free."""
    for offset in range(1_000 + time.time_ns() // 1_000 % 1_000 * 10, 40_000, 1_010):
        if all(_is_free(port + offset) for port in (*asdict(Ports()).values(), LISTEN)):
            return offset
    sys.exit("no free ports on this host")


def _is_free(port: int) -> bool:
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return found.connect_ex(("127.0.0.1", port)) != 0


def _wait_for(address: str) -> None:
    """Until the daemon answers; its figures follow."""
    host, _, port = address.removeprefix("http://").partition(":")
    until_s = time.monotonic() + START_SECONDS
    while _is_free(int(port)):
        if time.monotonic() > until_s:
            sys.exit(f"nothing answers at {host}:{port} within {START_SECONDS} s")
        time.sleep(0.2)
    time.sleep(4)  # the first assessment


@dataclass
class _Walk:
    images: Path
    wanted: set[str]
    folder: Path

    async def through(self, here: str, password: str) -> None:
        month = last_month(datetime.now(ZONE))
        contract = f"/desk/contracts/{CONTRACT}"
        people = dict.fromkeys(PEOPLE, DESK) | {"supplier.manager": PHONE}
        async with seats(self.folder / "chromium", here, people) as all_seats:
            for seat in all_seats.values():
                await seat.sign_in(password)
            manager, approver, finance, supplier, auditor = (all_seats[name] for name in PEOPLE)
            await self._take("desk-waits", manager)
            await self._take("desk-phone", supplier)
            await manager.open(f"{contract}/months/{month}/outages")
            await self._take("desk-outages", manager)
            await self._attach(supplier, f"{contract}/entries/{CLAIM}")
            await approver.open(f"{contract}/entries/{CLAIM}/decide")
            await self._take("desk-decide", approver)
            await self._import(manager, f"{contract}/import?kind=ticket", month)
            await self._take("desk-import", manager)
            await self._sign(manager, supplier, f"{contract}/months/{month}")
            await self._take("desk-month", manager)
            await self._notify(finance)
            await finance.open(f"{contract}/credits")
            await self._take("desk-credits", finance)
            await auditor.open("/desk/audit")
            await self._take("desk-audit", auditor)

    async def _attach(self, seat: Seat, entry: str) -> None:
        await seat.open(entry)
        await self._choose(seat, "attach", "change-request.pdf", LETTER)
        await seat.press("Attach")

    async def _import(self, seat: Seat, address: str, month: str) -> None:
        await seat.open(address)
        await self._choose(seat, "file", "tickets.csv", TICKETS.format(month=month).encode())
        await seat.fill("preset", "ServiceNow")
        await seat.press("Look at it")

    async def _sign(self, manager: Seat, supplier: Seat, month: str) -> None:
        await manager.open(month)
        await manager.press("Sign it off with these open points")
        await supplier.open(month)
        await supplier.press("Countersign it")
        await manager.open(month)

    async def _notify(self, seat: Seat) -> None:
        await seat.open("/desk")
        address = await seat.tab.value("document.querySelector('main .waiting .button').getAttribute('href')")
        await seat.open(address)
        await seat.fill("on", f"{datetime.now(ZONE):%Y-%m-%d}")
        await seat.press("Enter it")

    async def _choose(self, seat: Seat, field: str, name: str, content: bytes) -> None:
        """Choose a file, as in the browser's dialogue."""
        path = self.folder / name
        path.write_bytes(content)
        document = await seat.tab.send("DOM.getDocument")
        found = await seat.tab.send(
            "DOM.querySelector", nodeId=document["root"]["nodeId"], selector=f"main input[name={field}]"
        )
        await seat.tab.send("DOM.setFileInputFiles", nodeId=found["nodeId"], files=[f"{path}"])

    async def _take(self, name: str, seat: Seat) -> None:
        if name not in self.wanted:
            return
        picture = next(one for one in DESK_PICTURES if one.name == name)
        top = await self._edge(seat, picture.top, "top") - MARGIN
        bottom = await self._edge(seat, picture.bottom, "bottom") + MARGIN / 3
        clip = {"x": 0, "y": top, "width": seat.screen.width, "height": bottom - top, "scale": 1}
        shot = await seat.tab.send("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path = self.images / f"{name}.png"
        path.write_bytes(base64.b64decode(shot["data"]))
        print(f"{path}: {path.stat().st_size:,} bytes")

    async def _edge(self, seat: Seat, selector: str, edge: str) -> float:
        found = f"document.querySelector({selector!r}).getBoundingClientRect().{edge} + scrollY"
        return float(await seat.tab.value(found))
