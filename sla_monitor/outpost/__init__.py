"""A site far away: it probes as the daemon does, and hands what it saw to the collector whenever it can be reached.

Its outbox gives up what the collector's record has, and nothing sooner: whatever carries it may lose it.
"""

from __future__ import annotations

from sla_monitor.outpost.outpost import Outpost

__all__ = ["Outpost"]
