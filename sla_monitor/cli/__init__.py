"""What people type: one module for each command or group of commands."""

from __future__ import annotations

import gc
import sys

import click

from sla_monitor import __version__
from sla_monitor.cli.assess.command import assess
from sla_monitor.cli.assess.recalculations import recalculations
from sla_monitor.cli.calendar import calendar
from sla_monitor.cli.check import check
from sla_monitor.cli.credits.command import credits_group
from sla_monitor.cli.desk.command import desk
from sla_monitor.cli.generate.command import generate
from sla_monitor.cli.generate.demo import demo
from sla_monitor.cli.generate.stack import stack
from sla_monitor.cli.import_ import import_
from sla_monitor.cli.ledger.archive import archive
from sla_monitor.cli.ledger.command import ledger_group
from sla_monitor.cli.obligations import obligations
from sla_monitor.cli.probe import probe
from sla_monitor.cli.reconcile.command import reconcile
from sla_monitor.cli.register.command import register
from sla_monitor.cli.review.command import review
from sla_monitor.cli.review.verify import verify
from sla_monitor.cli.run import run
from sla_monitor.cli.schema import schema
from sla_monitor.cli.shared.groups import Commands
from sla_monitor.cli.shared.remedies import with_options
from sla_monitor.cli.site import site
from sla_monitor.cli.starting.command import init
from sla_monitor.cli.terms.command import terms
from sla_monitor.errors import SlaMonitorError


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sla-monitor")
def cli() -> None:
    """Watch a supplier's services against the contract's SLAs, and keep the evidence."""


COMMANDS = (
    init, run, site, check, schema, calendar, probe, ledger_group, archive, demo, desk, register, terms, obligations,
    credits_group, assess, recalculations, reconcile, review, verify, generate, import_, stack,
)  # fmt: skip
for command in COMMANDS:
    cli.add_command(command)

ALLOCATIONS = 10_000
"""So many more objects than were freed before garbage is looked for, in place of 700."""


def collect_seldom() -> None:
    """Look for cycles of garbage seldom. An assessment makes tuples by the ten thousand and no cycles: looking through
    them over and over took a sixth of its time."""
    gc.set_threshold(ALLOCATIONS)


def main() -> None:
    """Run a command; what we raise on purpose is one line on standard error and exit status 1, and so is what
    is closed to this user."""
    collect_seldom()
    try:
        cli()
    except SlaMonitorError as error:
        click.echo(with_options(str(error)), err=True)
        sys.exit(1)
    except PermissionError as error:
        if error.filename is None:
            raise
        # Which command meets a closed folder first, and in which of its steps, is no matter to who has typed it.
        click.echo(f"{error.filename}: {error.strerror} (run this as a user who may read it)", err=True)
        sys.exit(1)
    except BrokenPipeError:
        # `sla-monitor ledger show | head`: the reader has seen enough.
        sys.stderr.close()
        sys.exit(0)
