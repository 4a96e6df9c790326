"""What a page of another site can do in the browser of somebody who is signed in: nothing. And what the browser shows
once they have signed out."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.e2e.seat import DESKTOP, Seat, seats
from tests.web.desk.house import PASSWORD, House, furnished

MINUTE = "/desk/contracts/small/enter/minute"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with furnished(tmp_path) as found:
        yield found


class _Blank(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>elsewhere</title><body>")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[int]:
    """The port of a site that makes any page it likes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    yield server.server_port
    server.shutdown()
    serving.join()
    server.server_close()


FORM = """
((action, fields, target) => {
  const form = document.createElement('form');
  form.method = 'post'; form.action = action; form.target = target;
  for (const [name, value] of Object.entries(fields)) {
    const one = document.createElement('input'); one.name = name; one.value = value; form.append(one);
  }
  document.body.append(form); form.submit();
})
"""
FETCH = """
fetch({address}, {{method: 'POST', mode: '{mode}', credentials: 'include', body: new URLSearchParams({fields})}})
  .then(answer => answer.type + answer.status, () => 'refused')
"""
READ = "fetch({address}, {{credentials: 'include'}}).then(answer => answer.text(), () => 'refused')"
FRAME = """
new Promise(done => {{ const frame = document.createElement('iframe'); frame.src = {address};
  frame.onload = done; document.body.append(frame); }})
"""


async def attack(seat: Seat, house: House, there: str, token: str) -> None:
    """By a page of another origin, with all that it can know, and even with the token."""
    address, fields = f"{seat.here}{MINUTE}", {"month": "2024-10", "note": "Forged.", "_csrf": token, "_once": "1"}
    told, sent = json.dumps(address), json.dumps(fields)
    seat.here, here = there, seat.here
    await seat.open("/")
    for mode in ("no-cors", "cors"):
        assert await seat.tab.value(FETCH.format(address=told, fields=sent, mode=mode)) == "refused"
    assert await seat.tab.value(READ.format(address=told)) == "refused"
    seat.tab.events.clear()
    await seat.tab.value(FRAME.format(address=told))
    await seat.tab.value("1")
    failed = [one["params"] for one in seat.tab.events if one["method"] == "Network.loadingFailed"]
    assert [one for one in failed if one["type"] == "Document" and "BLOCKED" in one["errorText"]], failed
    seat.tab.events.clear()
    await seat.tab.value(f"{FORM}({told}, {sent}, '_self')")
    await seat.tab.loaded()
    assert "Not on behalf of another site" in await seat.text()
    assert house.entries() == ()
    seat.here = here


def test_no_other_site_enters_reads_or_frames_anything(house: House, elsewhere: int, tmp_path: Path) -> None:
    async def run() -> None:
        async with seats(tmp_path, f"http://127.0.0.1:{house.web.port}", {"carl": DESKTOP}) as people:
            carl = people["carl"]
            await carl.tab.send("Network.enable")
            await carl.sign_in(PASSWORD, MINUTE)
            token = await carl.tab.value("document.querySelector('main [name=_csrf]').value")
            assert await carl.tab.value("document.cookie") == ""
            # A site on another port of the same host has its cookies sent along; one of another name has not.
            for host in ("127.0.0.1", "localhost"):
                await attack(carl, house, f"http://{host}:{elsewhere}", token)
            await carl.open(MINUTE)
            await carl.fill("month", "2024-10")
            await carl.fill("note", "Mine.")
            await carl.press("Enter it")
            await carl.sees("It is entered")
            await carl.tab.value("document.querySelector('.site form').requestSubmit()")
            await carl.comes("/sign-in")
            await carl.back()
            await carl.sees("Sign in")
            assert "It is entered" not in await carl.text()

    asyncio.run(run())
    assert [one.note for one in house.entries()] == ["Mine."]
