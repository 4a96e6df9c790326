"""From OpenSLO v1 to the terms of a contract: what can be taken is taken, and what cannot is told, item by item."""

from __future__ import annotations

from sla_monitor.contract.openslo.objects import OpenSloObjects, Taken
from sla_monitor.contract.openslo.reading import read_openslo
from sla_monitor.contract.openslo.writing import written

__all__ = ["OpenSloObjects", "Taken", "read_openslo", "written"]
