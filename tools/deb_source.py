"""Prepares a tree from which dpkg-buildpackage makes the Debian package: our files, man pages and completions.

`python tools/deb_source.py FOLDER`, in the development environment. The tree is the same for every release of Debian;
what is built from it is for the release, and the Python, that builds it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete
from click_man.man import ManPage

from sla_monitor import __version__
from sla_monitor.cli import cli

ROOT = Path(__file__).parents[1]
PROGRAM = "sla-monitor"
COMPLETIONS: dict[str, type[ShellComplete]] = {
    PROGRAM: BashComplete,
    f"_{PROGRAM}": ZshComplete,
    f"{PROGRAM}.fish": FishComplete,
}
RELEASED = re.compile(r"^## \[[^]]+\] - (\d{4}-\d{2}-\d{2})", re.M)
EXIT_STATUS = """0: done. 1: refused or failed, with the reason on standard error. 2: the command was not understood.
What else a command may end with is said above or in docs/."""


def source(folder: Path) -> None:
    """Fill a new folder. Raises OSError when it exists."""
    listed = subprocess.check_output(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT)
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).is_file() and not name.startswith(("tests/", "bench/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    made = folder / "debian" / "made"
    made.mkdir()
    wheel = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    subprocess.run([*wheel, "--wheel-dir", made, ROOT], check=True)
    for name, text in (*man_pages(), *completions()):
        (made / name).write_text(text, encoding="utf-8")


def completions() -> Iterator[tuple[str, str]]:
    """A script for each shell, which asks the program itself what may come next."""
    for name, kind in COMPLETIONS.items():
        yield name, kind(cli, {}, PROGRAM, "_SLA_MONITOR_COMPLETE").source()


def man_pages() -> Iterator[tuple[str, str]]:
    """One for each command, by file name."""
    for context in contexts(click.Context(cli, info_name=PROGRAM)):
        yield f"{context.command_path.replace(' ', '-')}.1", man_page(context)


def contexts(context: click.Context) -> Iterator[click.Context]:
    """A command's own, and those of all commands in it."""
    yield context
    for name, command in inner_commands(context):
        yield from contexts(click.Context(command, info_name=name, parent=context))


def inner_commands(context: click.Context) -> list[tuple[str, click.Command]]:
    group = context.command
    if not isinstance(group, click.Group):
        return []
    found = ((name, group.get_command(context, name)) for name in group.list_commands(context))
    return [(name, command) for name, command in found if command is not None and not command.hidden]


def man_page(context: click.Context) -> str:
    """The page of a command, from its own help."""
    page = ManPage(context.command_path)
    page.version, page.date = __version__, ""
    page.short_help = first_sentence(context.command)
    page.synopsis = " ".join(context.command.collect_usage_pieces(context))
    # "\b" begins a paragraph whose lines click leaves as they are, such as an example.
    text = escaped(cleandoc(context.command.help or ""))
    page.description = re.sub(r"\x08\n(.*?)(?=\n\n|\Z)", r".nf\n\1\n.fi", text, flags=re.S)
    records = (each.get_help_record(context) for each in context.command.params if isinstance(each, click.Option))
    page.options = [(option, escaped(text)) for option, text in filter(None, records)]
    page.commands = [(name, first_sentence(each)) for name, each in inner_commands(context)]
    parent = context.parent.command_path.replace(" ", "-") if context.parent else ""
    also = f".SH SEE ALSO\n\\fB{parent}\\fP(1)\n" if parent else ""
    files = ".SH FILES\n/etc/sla-monitor/sla-monitor.yaml, /var/lib/sla-monitor/ledger.db\n" if not parent else ""
    # click-man's title has spaces, and repeats itself: longer than a line, it is printed over itself.
    _, _, page_text = f"{page}".partition("\n")
    title = f'.TH "{context.command_path.replace(" ", "-").upper()}" "1" "" "{__version__}" " "'
    return f"{title}\n{page_text}{files}.SH EXIT STATUS\n{EXIT_STATUS}\n{also}"


def first_sentence(command: click.Command) -> str:
    """What a command does; click-man cuts it off after 45 characters."""
    return escaped(command.get_short_help_str(limit=10_000).rstrip("."))


def escaped(text: str) -> str:
    """Text that roff takes for no request of its own."""
    return re.sub(r"^(?=[.'])", r"\\&", text.replace("\\", "\\e"), flags=re.M)


if __name__ == "__main__":
    source(Path(sys.argv[1]))
