"""`sla-monitor demo`: the simulated supplier estate, with or without the monitor that watches it."""

from __future__ import annotations

import json
import secrets
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from sla_monitor.cli.generate.simulated import POLL_SECONDS, calm_option, folder_option, on_signals, port_option
from sla_monitor.cli.shared.options import CONFIGS, config_option
from sla_monitor.cli.starting.command import write_example

if TYPE_CHECKING:
    from sla_monitor.demo.estate import Estate
    from sla_monitor.demo.monitor import Monitor

FIRST_STATES_SECONDS = 8.5
"""By then every service has been printed, seen or not: a newcomer has the first states within ten seconds."""

STOPPED = 128 + signal.SIGTERM
"""The monitor's status when we stop it before it is ready to stop by itself."""

PASSWORD_BYTES = 9
"""Of chance, in the password of the desk's people: whoever else is on this host guesses none of it."""

_MARKS = {"up": "✓", "degraded": "!", "down": "✗", "unknown": "?"}


@click.command()
@folder_option(Path("var/demo"), "Where the CA certificate and the heartbeat token are written for the monitor.")
@calm_option
@port_option
@click.option("--with-monitor", is_flag=True, help="Also start the monitor, and end with its exit status.")
@click.option("--with-desk", is_flag=True, help="With a monitor of its own, at whose desk people sign in.")
@config_option
def demo(folder: Path, calm: bool, port_offset: int, with_monitor: bool, with_desk: bool, config: Path) -> None:
    """Run a simulated supplier on loopback: real servers that are well most of the time.

    Prints what goes wrong, and when. Ctrl-C stops everything. With --with-monitor and without a configuration, the
    example is first written to config/, as by `sla-monitor init --example demo`. --with-desk reads no configuration and
    leaves nothing behind: the example, a last month and a password for five people are made anew at each start.
    """
    given = click.get_current_context().get_parameter_source("config")
    if with_desk and (with_monitor or given is ParameterSource.COMMANDLINE):
        raise click.UsageError(
            "--with-desk brings its own monitor and settings: leave --with-monitor and --config out."
        )
    if not (with_monitor or with_desk) and given is ParameterSource.COMMANDLINE:
        raise click.UsageError("--config is read by the monitor alone: give it together with --with-monitor.")
    if with_monitor and given is ParameterSource.DEFAULT:
        config = CONFIGS[0]  # never the system's: a monitor that is in use there watches something else
        if not port_offset:
            _write_missing_example(config)
    is_stopping = on_signals()
    # Only here, so that no other command pays for the demo's certificates and name server.
    from sla_monitor.configuration import read_configuration
    from sla_monitor.demo.estate import MONITOR_URL, Estate, Ports
    from sla_monitor.demo.monitor import Monitor
    from sla_monitor.demo.own_folder import own_folder
    from sla_monitor.demo.scenario import A_BAD_DAY, CALM

    ports = Ports().moved(port_offset)
    with ExitStack() as stack:
        password = secrets.token_urlsafe(PASSWORD_BYTES) if with_desk else ""
        if with_desk:
            own = stack.enter_context(own_folder(folder, click.echo))
            folder, config = own / "var/demo", _furnished(own, port_offset, password)
        is_watched = with_monitor or with_desk
        url = f"http://{read_configuration(config).settings.listen}" if is_watched else MONITOR_URL
        script = CALM if calm else A_BAD_DAY
        estate = Estate(folder, ports=ports, scenario=script, monitor_url=url, tell=click.echo)
        estate.start()
        stack.callback(estate.stop)
        _introduce(estate)
        code = _accompany(Monitor(config, url), is_stopping, password) if is_watched else _wait(is_stopping)
    sys.exit(code)


def _furnished(folder: Path, port_offset: int, password: str) -> Path:
    """Fill a folder for a monitor with a desk: settings with people, a ledger with a last month; the settings' path."""
    from sla_monitor.cli.ledger.import_evidence import draft_of
    from sla_monitor.cli.register.entry_session import EntrySession
    from sla_monitor.clock import SystemClock
    from sla_monitor.demo.estate import Ports
    from sla_monitor.demo.last_month import ZONE, last_month, made_up
    from sla_monitor.demo.people import CONTRACT, LISTEN, write_desk_demo
    from sla_monitor.evidence.reading import checked, spelled_content
    from sla_monitor.ledger.opening import make_ledger
    from sla_monitor.ledger.recording.imports import add_import
    from sla_monitor.web.identity.passwords import hash_of

    now = datetime.fromtimestamp(SystemClock().now_ms() // 1000, ZONE)
    ports, listen = Ports().moved(port_offset), LISTEN + port_offset
    config = write_desk_demo(folder, ports, listen, hash_of(password), last_month(now))
    make_ledger(folder / "var/ledger.db")
    session = EntrySession.open(CONTRACT, config, None, "demo")
    file = spelled_content(json.dumps(made_up(now)).encode(), "a month that was made up")
    draft = draft_of(session, checked(file, session.contract), (file.name, file.digest), "For the demo's desk", False)
    add_import(session.ledger, draft, read_to=0)
    return config


def _write_missing_example(config: Path) -> None:
    """In an empty folder there is nothing to watch the estate with: the example, which points at it."""
    if not config.parent.exists():
        write_example(config.parent)
        click.echo(f"There was no {config}: the example is written to {config.parent}/.")


def _introduce(estate: Estate) -> None:
    ports = estate.ports
    click.echo(
        f"The demo estate is up: http {ports.http}, https {ports.https} and {ports.expiring}, ssh {ports.ssh}, "
        f"dns {ports.dns}, witness {ports.witness}, all on loopback.\n"
        f"For the monitor: {estate.ca_file}, {estate.token_file}. Ctrl-C stops."
    )


def _wait(is_stopping: Callable[[], bool]) -> int:
    while not is_stopping():
        time.sleep(POLL_SECONDS)
    return 0


def _accompany(monitor: Monitor, is_stopping: Callable[[], bool], password: str) -> int:
    """Start the monitor, show where to look and what it sees first, stay until either ends; its exit status.
    `password`: that of the desk's people, who alone are told more; empty: there is no desk."""
    monitor.start()
    try:
        if password:
            _introduce_desk(monitor, password)
        else:
            _introduce_pages(monitor, is_stopping)
        while not (is_stopping() or monitor.has_ended):
            time.sleep(POLL_SECONDS)
        if not is_stopping():
            click.echo("The monitor has ended by itself; the demo ends with it.", err=True)
    finally:
        code = monitor.stop()
    return 0 if code == STOPPED and is_stopping() else code


def _introduce_pages(monitor: Monitor, is_stopping: Callable[[], bool]) -> None:
    click.echo(
        f"The monitor is starting.\n  status page  {monitor.url}/\n  metrics      {monitor.url}/metrics\n"
        "  the desk     sla-monitor demo --with-desk, in place of this"
    )
    for service, endpoints in monitor.first_states(FIRST_STATES_SECONDS, is_stopping):
        click.echo(f"  {service:<22} {_format_states(endpoints)}")


def _introduce_desk(monitor: Monitor, password: str) -> None:
    """The one place where the password is told: it is kept nowhere but as a hash."""
    from sla_monitor.demo.people import PEOPLE

    people = "\n".join(f"  {name:<16}  {display}, {role.replace('_', ' ')}" for name, (display, role) in PEOPLE.items())
    click.echo(f"The desk is starting: {monitor.url}/desk. Sign in as one of\n{people}\nwith the password {password}")


def _format_states(endpoints: dict[str, str]) -> str:
    """The state of each endpoint of a service, on one line."""
    return ", ".join(f"{_MARKS[state]} {endpoint} {state}" for endpoint, state in endpoints.items())
