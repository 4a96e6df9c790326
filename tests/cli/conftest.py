"""The quarter, recorded once for each worker: nothing here changes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.quarter import CONTRACT, recorded_in


@pytest.fixture(scope="session")
def quarter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contract and the ledger."""
    folder = tmp_path_factory.mktemp("quarter")
    (folder / "partnership.yaml").write_text(CONTRACT, encoding="utf-8")
    recorded_in(folder / "ledger.db")
    return folder


@pytest.fixture
def contract(quarter: Path) -> str:
    return str(quarter / "partnership.yaml")


@pytest.fixture
def ledger(quarter: Path) -> str:
    return str(quarter / "ledger.db")
