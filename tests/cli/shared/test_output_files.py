"""No command writes through a symbolic link."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from sla_monitor.cli.shared.output_files import replace_file
from sla_monitor.generate.file_set import NEW, write


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    path = tmp_path / "theirs"
    path.write_text("not to be touched")
    return path


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    for text in ("one", "two £"):
        replace_file(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_written_through_a_link(tmp_path: Path, theirs: Path) -> None:
    path = tmp_path / "figures.json"
    path.symlink_to(theirs)
    with pytest.raises(click.ClickException, match="is a symbolic link, and is not written through"):
        replace_file(path, "figures")
    assert theirs.read_text() == "not to be touched"


def test_nor_through_one_that_dangles(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(click.ClickException, match="is a symbolic link"):
        replace_file(path, "figures")
    assert not (tmp_path / "nowhere").exists()


def test_a_device_stays_a_device(tmp_path: Path) -> None:
    replace_file(Path("/dev/null"), "figures")
    assert Path("/dev/null").is_char_device()


def test_generated_files_go_through_no_link_either(tmp_path: Path, theirs: Path) -> None:
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / f"a.yaml{NEW}").symlink_to(theirs)
    (folder / "b.yaml").symlink_to(theirs)
    write({"a.yaml": "a", "b.yaml": "b"}, folder)
    assert ((folder / "a.yaml").read_text(), (folder / "b.yaml").read_text()) == ("a", "b")
    assert theirs.read_text() == "not to be touched"
