"""The desk's benchmark asks for every page that there is, and says so where it cannot."""

from __future__ import annotations

import re

import pytest

from bench import desk
from bench.desk_estate import LAST_MONTH, entries_of, months
from sla_monitor.web.desk.desk_page import DeskPage
from sla_monitor.web.serving.routes import ROUTES


def test_each_address_of_the_desk_is_filled_in() -> None:
    said = entries_of("one", 1, 1)
    found = list(desk.addresses("one", said))
    assert len(found) == len(set(found))
    for address in found:
        answering = [pattern for pattern, _ in ROUTES if re.fullmatch(pattern, address.partition("?")[0])]
        assert answering, address
    assert f"/desk/contracts/one/months/{LAST_MONTH}" in found
    assert list(months(1))[-1][0] == LAST_MONTH


def test_a_new_address_that_nobody_can_fill_in_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for strange in (r"/desk/suppliers/([^/]+)", r"/desk/contracts/([^/]+)/weeks/(\d+)"):
        monkeypatch.setattr(desk, "ROUTES", ((strange, DeskPage),))
        with pytest.raises(desk.AddressError, match="does not know what stands for"):
            list(desk.addresses("one", entries_of("one", 1, 1)))
