"""Asks Prometheus for the figures that it knows, and enters them in the register."""

from __future__ import annotations

from sla_monitor.queries.rounds import Queries, asks

__all__ = ["Queries", "asks"]
