"""What the pages say of the house is so: links lead somewhere, commands exist, the picture is the tree."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sla_monitor.cli import cli

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PLACEHOLDER = re.compile(r"[A-Z<\[-]|.*\|")
"""What stands for a word of the reader's, or for one of several."""

BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """Of the headings, as GitHub makes them."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The files, and places in them, that a page leads to."""
    text = BLOCK.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if not target.startswith(("http://", "https://")):
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def broken(page: Path) -> list[str]:
    return [
        f"{target}#{anchor}"
        for target, anchor in links(page)
        if not target.exists() or (anchor and anchor not in anchors(target))
    ]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One\n[good](#one) [bad](#two) [gone](gone.md) [out](https://example.com/#x)\n")
    assert broken(page) == [f"{page}#two", f"{tmp_path / 'gone.md'}#"]


def commands(page: Path) -> Iterator[list[str]]:
    """What a page says to type, in its blocks of code and in its text, without the program's name."""
    text = page.read_text(encoding="utf-8")
    blocks = [block for language, block in BLOCK.findall(text) if language in {"", "sh", "console", "bash"}]
    inline = re.findall(r"`([^`]+)`", BLOCK.sub("", text))
    for line in (line for block in [*blocks, *inline] for line in block.replace("\\\n", " ").splitlines()):
        words = re.match(r"(?:\$ )?(?:\S*/)?sla-monitor (.*)", line)
        if words:
            yield shlex.split(words[1], comments=True)


def unknown(words: list[str]) -> list[str]:
    """The words of a command line that the program does not have: a command, or an option of it."""
    command: click.Command = cli
    context = click.Context(command)
    rest = list(words)
    while isinstance(command, click.Group) and rest and not PLACEHOLDER.match(rest[0]):
        found = command.get_command(context, rest[0])
        if found is None:
            return rest[:1]
        command, context = found, click.Context(found, parent=context)
        rest.pop(0)
    known = {option for parameter in command.get_params(context) for option in parameter.opts}
    return [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_exists_with_its_options(page: Path) -> None:
    assert [(words, wrong) for words in commands(page) if (wrong := unknown(words))] == []


def test_commands_are_found_and_wrong_ones_seen() -> None:
    assert sum(len(list(commands(page))) for page in PAGES) > 40
    assert unknown(["register", "add", "claim", "x", "--cause", "y", "--because", "z"]) == ["--because"]
    assert unknown(["leger", "check"]) == ["leger"]


def test_the_picture_of_the_rooms_is_the_tree() -> None:
    table = re.findall(r"^\| (`[^|]+) \|", ARCHITECTURE.partition("| room |")[2].partition("\n\n")[0], re.MULTILINE)
    told = {room for cell in table for room in re.findall(r"`([^`]+)`", cell)}
    house = ROOT / "sla_monitor"
    packages = {f"{path.parent.name}/" for path in house.glob("*/__init__.py")}
    modules = {path.name for path in house.glob("*.py") if not path.name.startswith("__")}
    assert told == packages | modules


def test_the_table_of_folders_is_the_tree() -> None:
    table = ARCHITECTURE.partition("| folder |")[2].partition("\n\n")[0]
    house = ROOT / "sla_monitor"
    folders = {path.relative_to(house) for path in house.glob("*/**/") if "__pycache__" not in path.parts}
    assert {Path(folder) for folder in re.findall(r"^\| `([^`]+)` \|", table, re.MULTILINE)} == {
        folder for folder in folders if len(folder.parts) > 1
    }


def lacking(table: str) -> list[str]:
    """Paths in a table of the architecture that lead to nothing: from the package, the project or its documents."""
    paths = re.findall(r"`([\w*]+(?:/[\w.*]*)+|\w+\.py)`", table)
    return [path for path in paths if not any(any(base.glob(path)) for base in (ROOT / "sla_monitor", ROOT))]


def test_every_place_for_a_new_line_exists() -> None:
    table = ARCHITECTURE.partition("## Where does a new line go?")[2]
    assert table.count("`") > 60
    assert lacking(table) == []
    assert lacking("`names.py`, `nams.py`, `web/page/`, `web/pages/`") == ["nams.py", "web/pages/"]


def test_the_layers_of_the_picture_are_those_that_are_enforced() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    enforced = [layer.replace("(", "").replace(")", "") for layer in contracts[0]["layers"]]
    block = next(block for _, block in BLOCK.findall(ARCHITECTURE) if block.startswith("cli\n"))
    assert [re.split(r"\s{3,}", line)[0].strip() for line in block.splitlines()] == enforced
