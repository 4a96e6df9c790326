"""A command that enters something with files, and is killed as soon as the server has it."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sla_monitor.clock import SystemClock
from sla_monitor.pair.shared_register import register_of
from sla_monitor.register.attachments import AttachedFile
from sla_monitor.transport.entry_log import EntryLog
from tests.pair.support import said
from tests.support.nats import Collector


def main(path: Path, nats: Mapping[str, Any], contents: Mapping[str, bytes], files: Sequence[AttachedFile]) -> None:
    put = EntryLog.put

    async def put_and_die(self: EntryLog, data: bytes, after: int) -> int:
        await put(self, data, after)
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    EntryLog.put = put_and_die  # type: ignore[method-assign]
    settings = Collector(path.parent, nats, {}, SystemClock(), path.parent.name).settings
    register_of(settings, path, SystemClock()).add([said("B")], once="form-1", files=contents, attached=files)
