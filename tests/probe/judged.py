"""Bodies judged as a probe judges them, without the probe around."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sla_monitor.contract.endpoints.http_terms import HttpExpectations
from sla_monitor.probe import Loop, Stopwatch
from sla_monitor.probe.judging.judge_pool import Judges, judges_of
from sla_monitor.probe.judging.judging import Judge
from sla_monitor.probe.verdict import Failure, Verdict

DEAR_PATH = "$[?count(@..*..*) > 1]"


def judge(**expect: Any) -> Judge:
    """Of an endpoint with this `expect`."""
    return Judge(HttpExpectations.model_validate(expect))


def dear(salt: int = 0) -> bytearray:
    """JSON of 37 kB that takes minutes to search with DEAR_PATH."""
    document: list[Any] = [salt]
    for _ in range(90):
        document = [document, *([] for _ in range(100))]
    return bytearray(json.dumps([document]).encode())


def listed(count: int, **more: Any) -> bytearray:
    """Honest JSON: a list of so many things that are all well."""
    return bytearray(json.dumps({"items": [{"id": i, "status": "ok"} for i in range(count)], **more}).encode())


ALL_WELL = {"path": "$.items[*].status", "equals": "ok"}


@contextmanager
def judging() -> Iterator[tuple[Loop, Judges]]:
    """A loop of its own, whose processes have ended in the end."""
    with closing(Loop()) as loop:
        yield loop, judges_of(loop)


def judged(
    loop: Loop, asked: Judge, body: bytes | bytearray, content_type: str | None = "", timeout_ms: int = 5_000
) -> Verdict | None:
    """The verdict on one body."""

    async def probe() -> Verdict | None:
        watch = Stopwatch(loop, timeout_ms)
        try:
            return await asked.of_body(watch, bytearray(body), content_type)
        except Failure as failure:
            return failure.verdict
        finally:
            watch.stop()

    return loop.run(probe())


def children() -> set[int]:
    """The processes that this one has started and that are not gone."""
    return {int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def descriptors() -> set[str]:
    return {entry.name for entry in Path("/proc/self/fd").iterdir()}
