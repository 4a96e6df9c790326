"""The daemon: builds every part once, starts it, reloads it, stops it. The only place where all the rooms meet."""

from __future__ import annotations

from sla_monitor.daemon.daemon import SIGNALS, Daemon

__all__ = ["SIGNALS", "Daemon"]
