"""How each remedy of a message is given at the command line."""

from __future__ import annotations

from sla_monitor import remedies

OPTIONS = {
    remedies.WHY_AGAIN: "--why",
    remedies.NOTE: "--note",
    remedies.PRIORITIES: '--priority "THEIRS=OURS"',
    remedies.SERVICES: '--service "THEIRS=OURS"',
    remedies.COLUMNS: '--map "HEADING=FIELD"',
    remedies.OPEN_TICKETS: "--open-without-end",
    remedies.ORDER_OF_DATES: "--dates",
    remedies.YEARS: "--two-digit-years",
    remedies.INVOICE_NUMBER: "--invoice",
    remedies.INVOICE_DAY: "--date",
    remedies.SERVICE_NAMES: "--names",
    remedies.ENDPOINT: "--endpoint",
    remedies.INTERVAL: "--every",
    remedies.BOUNDED: "--bounded",
    remedies.PUBLIC_KEY: "--signer",
    remedies.ONE_KEY: "--key",
    remedies.SETTINGS: "--config",
}


def with_options(message: str) -> str:
    """A message with the option behind each remedy that it names."""
    return remedies.with_ways(message, OPTIONS)
