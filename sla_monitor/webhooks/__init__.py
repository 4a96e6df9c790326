"""Tells other programs: signed messages of what was entered and of months that failed (Standard Webhooks)."""

from sla_monitor.webhooks.sending import Webhooks

__all__ = ["Webhooks"]
