"""Places: from where an endpoint was seen.

What a site far away saw is recorded beside what was seen here, under a key of its own: `contract/endpoint@north`. It
begins with the contract's name, so that it is sealed, pruned and digested with the contract; figures count it where the
contract's `places` name the site. What the site `main` saw has the endpoint's own key, wherever that site is.
"""

from __future__ import annotations

from sla_monitor.contract.endpoints.several_places import MAIN


def seen_from(place: str, key: str) -> str:
    """The key under which the record has what a site saw of an endpoint."""
    return key if place == MAIN else f"{key}@{place}"


def is_from_afar(key: str) -> bool:
    """Whether it is such a key: no identifier has an @."""
    return "@" in key
