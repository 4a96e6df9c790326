"""Places: from where an endpoint was seen.

What a site far away saw is recorded beside what was seen here, under a key of its own: `north@contract/endpoint`. The
keys of a contract all begin with its name, so that no figure counts what another place saw unless it asks for it.
"""

from __future__ import annotations


def seen_from(place: str, key: str) -> str:
    """The key under which the record has what a site saw of an endpoint."""
    return f"{place}@{key}"


def is_from_afar(key: str) -> bool:
    """Whether it is such a key: no identifier has an @."""
    return "@" in key
