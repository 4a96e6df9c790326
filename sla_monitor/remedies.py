"""What a person can say to mend a mistake, in words that fit a page, a program and a command.

A message names a remedy in these words and knows nothing of how it is given. Each medium adds that: a page has the
field beside the message, the API the key of the same name; the command line writes its option behind the words
(`cli/shared/remedies.py`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

WHY_AGAIN = "say why it is restated"
NOTE = "say why in the note"
PRIORITIES = "say which priority it is"
SERVICES = "say which service it is"
COLUMNS = "say which column is which"
OPEN_TICKETS = "say that tickets without an end are open"
ORDER_OF_DATES = "say which comes first"
YEARS = "say that years have two digits"
INVOICE_NUMBER = "say the invoice's number"
INVOICE_DAY = "say the invoice's day"
SERVICE_NAMES = "say which name is which service"
ENDPOINT = "say which endpoint it is of"
INTERVAL = "say how often it probed"
BOUNDED = "say that it is bounded"
PUBLIC_KEY = "name the monitor's public key"
ONE_KEY = "name the key"
SETTINGS = "name the settings"

REMEDIES = (
    WHY_AGAIN, NOTE, PRIORITIES, SERVICES, COLUMNS, OPEN_TICKETS, ORDER_OF_DATES, YEARS, INVOICE_NUMBER,
    INVOICE_DAY, SERVICE_NAMES, ENDPOINT, INTERVAL, BOUNDED, PUBLIC_KEY, ONE_KEY, SETTINGS,
)  # fmt: skip


def with_ways(message: str, ways: Mapping[str, str]) -> str:
    """A message with how a medium gives each remedy that it names behind it. `ways`: by the remedy."""
    known = re.compile("|".join(map(re.escape, ways)))
    return known.sub(lambda found: f"{found[0]}: {ways[found[0]]}", message)
