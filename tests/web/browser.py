"""Debian's Chromium, headless, through the DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tornado.httpclient import AsyncHTTPClient
from tornado.websocket import WebSocketClientConnection, websocket_connect

CHROMIUM = [
    "/usr/bin/chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--ignore-certificate-errors",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
]


PATIENCE_S = 60
"""How long a browser may take for anything: it hangs where it takes longer."""


@asynccontextmanager
async def patience(what: str) -> AsyncIterator[None]:
    """Wait for a browser, and not for ever."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield
    except TimeoutError:
        raise AssertionError(f"nothing has come of {what} within {PATIENCE_S} s") from None


class Tab:
    """One page, and what may be asked of it."""

    def __init__(self, socket: WebSocketClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.events: list[dict[str, Any]] = []

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        await self._socket.write_message(json.dumps({"id": self._number, "method": method, "params": params}))
        async with patience(method):
            while (message := await self._heard()).get("id") != self._number:
                self.events.append(message)
        assert "error" not in message, message
        return dict(message["result"])

    async def _heard(self) -> dict[str, Any]:
        """The next message."""
        told = await self._socket.read_message()
        assert told is not None, "the browser has hung up"
        return dict(json.loads(told))

    async def open(self, url: str, width: int, height: int = 800, scheme: str = "light") -> None:
        """Load a page at a width, in CSS pixels, and wait until it is there."""
        await self.resize(width, scheme, height)
        await self.send("Log.enable")
        await self.send("Page.enable")
        self.events.clear()
        await self.send("Page.navigate", url=url)
        await self.loaded()

    async def loaded(self) -> None:
        """Wait until a page has come since the events were cleared."""
        async with patience("a page"):
            while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
                self.events.append(await self._heard())

    async def until(self, expression: str) -> None:
        """Wait until something is so in the page."""
        async with patience(expression):
            while not await self.value(expression):
                await asyncio.sleep(0.02)

    async def value(self, expression: str) -> Any:
        """What an expression is in the page."""
        result = await self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    async def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in an input, as a person does."""
        document = await self.send("DOM.getDocument")
        found = await self.send("DOM.querySelector", nodeId=document["root"]["nodeId"], selector=selector)
        await self.send("DOM.setFileInputFiles", files=[str(path)], nodeId=found["nodeId"])

    async def resize(self, width: int, scheme: str = "light", height: int = 800) -> None:
        """Show what is open at a width, in CSS pixels."""
        await self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self.send("Emulation.setEmulatedMedia", features=features)

    async def picture(self, path: Path, *, whole: bool = True) -> None:
        shot = await self.send("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(shot["data"]))

    def complaints(self) -> list[str]:
        """What the browser wrote to its console: refused styles and scripts, for example."""
        entries = [event["params"]["entry"] for event in self.events if event.get("method") == "Log.entryAdded"]
        return [f"{entry['text']} {entry.get('url', '')}" for entry in entries]


@asynccontextmanager
async def running_browser(profile: Path) -> AsyncIterator[str]:
    """A browser with an empty profile; gives the address of its DevTools, without the scheme."""
    with subprocess.Popen(
        [*CHROMIUM, f"--user-data-dir={profile}", "about:blank"], stderr=subprocess.PIPE, text=True
    ) as browser:
        try:
            assert browser.stderr is not None
            address = next(line.split()[-1] for line in browser.stderr if line.startswith("DevTools listening on "))
            yield address.removeprefix("ws://").partition("/")[0]
        finally:
            browser.terminate()
            browser.wait(20)


@asynccontextmanager
async def connected(host: str, page: str = "") -> AsyncIterator[Tab]:
    """What is open in a page, by its id; without one, the browser itself."""
    address = f"ws://{host}/devtools/page/{page}"
    if not page:
        address = json.loads((await AsyncHTTPClient().fetch(f"http://{host}/json/version")).body)[
            "webSocketDebuggerUrl"
        ]
    socket = await websocket_connect(address, max_message_size=64 * 1024 * 1024)
    try:
        yield Tab(socket)
    finally:
        socket.close()


@asynccontextmanager
async def tab(profile: Path) -> AsyncIterator[Tab]:
    """A browser with an empty profile, and its one tab."""
    async with running_browser(profile) as host:
        targets = json.loads((await AsyncHTTPClient().fetch(f"http://{host}/json/list")).body)
        page = next(target for target in targets if target["type"] == "page")
        async with connected(host, page["id"]) as found:
            yield found
