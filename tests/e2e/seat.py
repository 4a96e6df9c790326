"""Somebody at a screen: a browser of their own, in which they click and type as people do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.web.browser import Tab, connected, running_browser


@dataclass(frozen=True, slots=True)
class Screen:
    """What somebody sits at. `has_touch`: they tap; `has_script`: JavaScript runs."""

    width: int
    height: int
    has_touch: bool = False
    has_script: bool = True


PHONE, PLAIN_PHONE = Screen(390, 844, has_touch=True), Screen(360, 740, has_touch=True, has_script=False)
DESKTOP, WIDE = Screen(1280, 900), Screen(1600, 1000)


class NothingThereError(AssertionError):
    """What somebody looks for is not on their page."""


class Seat:
    """Somebody at a screen. `shots`: where pictures of what they see go; None: nowhere."""

    def __init__(self, name: str, tab: Tab, screen: Screen, here: str, shots: Path | None = None) -> None:
        self.name, self.tab, self.screen, self.here, self.shots = name, tab, screen, here, shots
        self._shot = 0

    async def sit_down(self) -> None:
        screen = self.screen
        await self.tab.send(
            "Emulation.setDeviceMetricsOverride", width=screen.width, height=screen.height, deviceScaleFactor=1,
            mobile=screen.has_touch,
        )  # fmt: skip
        await self.tab.send("Emulation.setTouchEmulationEnabled", enabled=screen.has_touch)
        await self.tab.send("Emulation.setScriptExecutionDisabled", value=not screen.has_script)
        await self.tab.send("Page.enable")
        await self.tab.send("Log.enable")

    async def open(self, path: str) -> None:
        """Type an address."""
        self.tab.events.clear()
        await self.tab.send("Page.navigate", url=f"{self.here}{path}")
        await self._arrive()

    async def sign_in(self, password: str, path: str = "/desk") -> None:
        await self.open(path)
        await self.fill("name", self.name)
        await self.fill("password", password)
        await self.press("Sign in")

    async def press(self, words: str, *, times: int = 1, arrives: bool = True) -> None:
        """Press the button or follow the link that says so, and wait for what comes."""
        self.tab.events.clear()
        await self._touch(_called(words), words, times)
        if arrives:
            await self._arrive()

    async def has(self, words: str) -> bool:
        """Whether there is such a button or link."""
        return bool(await self.tab.value(f"Boolean({_called(words)})"))

    async def pick(self, field: str, option: str) -> None:
        """Tick or choose one of several."""
        await self._touch(f'document.querySelector(\'main [name="{field}"][value="{option}"]\')', f"{field} {option}")

    async def fill(self, field: str, text: str) -> None:
        """Type into a field, in place of what it holds."""
        find = f"document.querySelector('main [name=\"{field}\"]:not([type=hidden])')"
        kind = await self.tab.value(f"({find} || {{}}).type")
        if kind == "select-one":  # the keyboard chooses as well: by the first letters
            await self.tab.value(f"{find}.focus()")
            await self._keys(text.replace("_", " "))
            return
        if kind in {"datetime-local", "date"}:
            await self._fill_instant(find, text)
            assert await self.tab.value(f"{find}.value") == text, f"{field} holds something else"
            return
        await self._touch(find, field)
        await self.tab.value(f"{find}.select()")
        await self.tab.send("Input.insertText", text=text)

    async def _fill_instant(self, find: str, text: str) -> None:
        """On a phone by its own picker, which is outside the page; by keyboard, part by part, elsewhere."""
        if self.screen.has_touch:
            await self.tab.value(f"{find}.value = {json.dumps(text)}")
            return
        await self.tab.value(f"{find}.focus()")
        when = datetime.fromisoformat(text)
        await self._keys(f"{when:%m%d%Y%I%M%p}" if "T" in text else f"{when:%m%d%Y}")

    async def comes(self, end: str) -> None:
        """Wait until what was last clicked has led to an address that ends so."""
        await self.tab.until(f"location.pathname.endsWith({json.dumps(end)}) && document.readyState === 'complete'")

    async def back(self) -> None:
        """The browser's own button."""
        found = await self.tab.send("Page.getNavigationHistory")
        before = found["entries"][found["currentIndex"] - 1]
        self.tab.events.clear()
        await self.tab.send("Page.navigateToHistoryEntry", entryId=before["id"])
        await asyncio.sleep(0.05)
        await self._settled()

    async def reload(self) -> None:
        """The same again: what was posted is posted again."""
        self.tab.events.clear()
        await self.tab.send("Page.reload")
        await self._arrive()

    async def text(self) -> str:
        """What the page says."""
        return str(await self.tab.value("document.body.innerText"))

    async def path(self) -> str:
        return str(await self.tab.value("location.pathname"))

    async def sees(self, *words: str) -> str:
        """The page's text, in which all of these are."""
        text = await self.text()
        missing = [one for one in words if one not in text]
        if missing:
            raise NothingThereError(f"{self.name} does not see {missing} on {await self.path()}:\n{text}")
        return text

    async def look(self, what: str) -> None:
        """Take a picture, if anybody wants some."""
        if self.shots is not None:
            self._shot += 1
            await self.tab.picture(self.shots / f"{self.name}-{self._shot:02}-{what}.png")

    async def _touch(self, find: str, what: str, times: int = 1) -> None:
        spot = await self.tab.value(
            f"""(() => {{ const one = {find}; if (!one) return null; one.scrollIntoView({{block: 'center'}});
            const box = one.getBoundingClientRect();
            return [box.x + Math.min(box.width / 2, 40), box.y + box.height / 2] }})()"""
        )
        if spot is None:
            raise NothingThereError(f"{self.name} finds no {what!r} on {await self.path()}:\n{await self.text()}")
        x, y = spot
        for time in range(1, times + 1):
            if self.screen.has_touch:
                await self.tab.send("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
                await self.tab.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])
                continue
            for kind in ("mousePressed", "mouseReleased"):
                await self.tab.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=time)

    async def _keys(self, text: str) -> None:
        for key in text:
            name = "Tab" if key == "\t" else key
            code = 9 if key == "\t" else ord(key.upper())
            typed = {} if key == "\t" else {"text": key}
            await self.tab.send("Input.dispatchKeyEvent", type="keyDown", key=name, windowsVirtualKeyCode=code, **typed)
            await self.tab.send("Input.dispatchKeyEvent", type="keyUp", key=name, windowsVirtualKeyCode=code)

    async def _arrive(self) -> None:
        await self.tab.loaded()

    async def _settled(self) -> None:
        await self.tab.until("document.readyState === 'complete'")


def _called(words: str) -> str:
    """The button or link of a page that says so."""
    return f"""[...document.querySelectorAll('main button, main a, main summary')]
        .find(one => (one.getAttribute('aria-label') || one.innerText).trim() === {json.dumps(words)})"""


@asynccontextmanager
async def seats(
    profile: Path, here: str, people: dict[str, Screen], shots: Path | None = None
) -> AsyncIterator[dict[str, Seat]]:
    """Everybody in a browser of their own, with cookies of their own, of one Chromium."""
    async with running_browser(profile) as host, AsyncExitStack() as stack:
        whole = await stack.enter_async_context(connected(host))
        found = {}
        for name, screen in people.items():
            context = (await whole.send("Target.createBrowserContext"))["browserContextId"]
            page = await whole.send("Target.createTarget", url="about:blank", browserContextId=context)
            tab = await stack.enter_async_context(connected(host, page["targetId"]))
            found[name] = Seat(name, tab, screen, here, shots)
            await found[name].sit_down()
        yield found
