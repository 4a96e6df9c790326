"""How an actor was known, in words."""

from __future__ import annotations

import pytest

from sla_monitor.wording.known_by import describe_actor, describe_known_by


@pytest.mark.parametrize(
    ("known_by", "told"),
    [
        (None, ""),
        ("command", "at the command line"),
        ("password", "by password"),
        ("openid https://id.example", "through https://id.example"),
        ("proxy", "by the proxy"),
        ("token", "by a token"),
        ("monitor", "by the monitor itself"),
        ("something later", "something later"),
    ],
)
def test_each_way(known_by: str | None, told: str) -> None:
    assert describe_known_by(known_by) == told
    assert describe_actor("ann", known_by) == (f"ann ({told})" if told else "ann")
