"""A server that answers as it is told, for each test its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.queries.servers import Canned, canned


@pytest.fixture
def server() -> Iterator[Canned]:
    with canned() as one:
        yield one
