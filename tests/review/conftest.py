"""Renderings that several tests read and none changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sla_monitor.review.monthly_pack import pack
from sla_monitor.review.pack_input import PackInput
from sla_monitor.review.rendering.pdf import pdf
from tests.review import estate, hostile
from tests.review.shared import once


def _written(made: Callable[[], PackInput]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / "pack.pdf").write_bytes(pdf(pack(made())))

    return write


@pytest.fixture(scope="session")
def plain_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bad month of the estate, printed."""
    return once(tmp_path_factory, "plain-pdf", _written(estate.case)) / "pack.pdf"


@pytest.fixture(scope="session")
def large_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty KPIs, printed."""
    return once(tmp_path_factory, "large-pdf", _written(estate.large)) / "pack.pdf"


@pytest.fixture(scope="session")
def hostile_pdf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the worst texts."""
    return once(tmp_path_factory, "hostile-pdf", _written(hostile.case)) / "pack.pdf"
