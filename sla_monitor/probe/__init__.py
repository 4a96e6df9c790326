"""How we probe: one module for each kind, and one registry of them.

A probe is a coroutine in one event loop; it has one deadline for everything, and ends in a Finding whatever the
supplier does.
"""

from sla_monitor.probe.loop import Loop
from sla_monitor.probe.prober import Heard, Prober, Surroundings, observe, observe_once
from sla_monitor.probe.registry import KINDS, build
from sla_monitor.probe.step_words import describe_step
from sla_monitor.probe.stopwatch import Stopwatch
from sla_monitor.sla.observation import Finding

__all__ = [
    "KINDS",
    "Finding",
    "Heard",
    "Loop",
    "Prober",
    "Stopwatch",
    "Surroundings",
    "build",
    "describe_step",
    "observe",
    "observe_once",
]
