"""Groups of commands, and how their help lists them."""

from __future__ import annotations

import click

WHOLE = 1_000
"""Letters: more than any first sentence has."""


class Commands(click.Group):
    """A group whose help tells the whole first sentence of each command. By itself click cuts it off where the line
    ends, which leaves half a sentence of most of ours."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        rows = [(name, one.get_short_help_str(WHOLE)) for name, one in found if one is not None and not one.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
