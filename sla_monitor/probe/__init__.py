"""How we look: one module for each kind of probe, and one registry of them.

A look takes what is left of one deadline at every step, and ends in a Finding whatever the supplier does.
"""

from sla_monitor.probe.prober import Prober, Surroundings, look
from sla_monitor.probe.registry import KINDS, build
from sla_monitor.sla.observation import Finding

__all__ = ["KINDS", "Finding", "Prober", "Surroundings", "build", "look"]
