"""What entries say, in sentences."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from sla_monitor.register.entries import KINDS
from sla_monitor.register.entry_parsing import body_of
from sla_monitor.wording.entries import EntryWording

UTC = ZoneInfo("UTC")


@pytest.mark.parametrize("kind", KINDS)
def test_a_day_is_written_as_on_every_screen(kind: str) -> None:
    told = body_of(kind, KINDS[kind].example.words, UTC).words(EntryWording(UTC, "GBP"))
    assert re.findall(r"\d{4}-\d{2}", told) == []
