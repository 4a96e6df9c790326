"""`sla-monitor stack`: the demo with everything around it: Prometheus, Alertmanager, sites, a standby, and somebody who
is called."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from sla_monitor.cli.generate.simulated import (
    POLL_SECONDS,
    calm_option,
    folder_option,
    on_signals,
    port_option,
    step_by_step,
)

if TYPE_CHECKING:
    from sla_monitor.configuration import Configuration
    from sla_monitor.demo.stack_processes import Stack
    from sla_monitor.settings import Settings

GRAFANA = "http://127.0.0.1:3000"
SEEN = "/services/regional-network/gateway"
"""The service of the stack's own contract that several places probe."""

CONF = """# Made by `sla-monitor stack` at each start.
listen: "{listen}"
jetstream {{ store_dir: "{store}" }}
authorization {{
  users: [
    {users}
  ]
}}
"""
USER = "{{ user: {user}, password: ${variable} }}"
SITE = """{{ user: {user}, password: ${variable}, permissions: {{
        publish: "obs.{user}.>", subscribe: ["to.{user}", "_INBOX_{user}.>"] }} }}"""


@click.command()
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("config/stack.yaml"),
    show_default=True,
    help="The daemon's settings, with short waits.",
)
@folder_option(Path("var/stack"), "Where files are generated, and where Prometheus and Alertmanager keep their data.")
@click.option(
    "--prometheus", default="127.0.0.1:9090", show_default=True, help="HOST:PORT on which Prometheus shall listen."
)
@port_option
@calm_option
def stack(config: Path, folder: Path, prometheus: str, port_offset: int, calm: bool) -> None:
    """Run the demo estate, a pair of monitors, the sites that probe for them, Prometheus, Alertmanager, and a desk that
    is called; all on loopback.

    Prints what goes wrong, who is told what, and how to look at the dashboards with a Grafana of your own. Ctrl-C stops
    everything.
    """
    is_stopping = on_signals()
    from sla_monitor.configuration import read_configuration
    from sla_monitor.demo.estate import Estate, Ports
    from sla_monitor.demo.monitor import Monitor
    from sla_monitor.demo.scenario import A_BAD_DAY, CALM
    from sla_monitor.demo.stack_processes import Stack
    from sla_monitor.demo.webhook import Desk

    read = read_configuration(config)
    url = f"http://{read.settings.listen}"
    script, ports = CALM if calm else A_BAD_DAY, Ports().moved(port_offset)
    estate = Estate(Path("var/demo"), ports=ports, scenario=script, monitor_url=url, tell=click.echo)
    desk, monitor = Desk(click.echo), Monitor(config, url)
    sites = [site.id for site in read.settings.sites.known]
    has_standby = read.settings.collectors is not None
    around = Stack(folder, prometheus, urlsplit(read.settings.alertmanager.url).netloc, sites, has_standby=has_standby)
    try:
        step_by_step(
            is_stopping,
            lambda: write_stack(read, folder, desk.start(), prometheus),
            lambda: write_sites(read.settings, folder),
            lambda: write_standby(read.settings, folder),
            estate.start,
            monitor.start,
            lambda: around.start(is_stopping),
            lambda: _introduce(url, around, read.settings),
        )
        while not (is_stopping() or monitor.has_ended or around.ended):
            time.sleep(POLL_SECONDS)
        has_failed = not is_stopping()
        if around.ended:
            click.echo(f"{around.ended} has ended by itself: see {around.log(around.ended)}", err=True)
        elif has_failed:
            click.echo("The monitor has ended by itself; the stack ends with it.", err=True)
    finally:
        around.stop()
        monitor.stop()
        estate.stop()
        desk.stop()
    sys.exit(1 if has_failed else 0)


def write_stack(read: Configuration, folder: Path, desk_port: int, prometheus: str) -> None:
    """Generate the files of Prometheus, Alertmanager and Grafana; every receiver is the desk."""
    from sla_monitor.clock import SystemClock
    from sla_monitor.generate.alertmanager.alertmanager_file import alertmanager_files
    from sla_monitor.generate.file_set import rendered, write
    from sla_monitor.generate.grafana import grafana_files
    from sla_monitor.generate.prometheus import prometheus_files

    now_ms = SystemClock().now_ms()
    receivers = _at_the_desk([contract.id for contract in read.contracts], desk_port)
    terms = [contract.version_at(now_ms).terms for contract in read.contracts]
    place = folder.absolute() / "grafana" / "dashboards"
    dashboards = grafana_files(terms, read.settings, f"http://{prometheus}", str(place))
    write(rendered(prometheus_files(read.contracts, read.settings, now_ms)), folder / "prometheus")
    write(rendered(alertmanager_files(read.contracts, read.settings, now_ms, receivers)), folder / "alertmanager")
    write(rendered(dashboards), folder / "grafana")


def write_sites(settings: Settings, folder: Path) -> None:
    """The files of the NATS server and of each site; a key of the collector, where it has none yet. Passwords are made
    up, and handed to those who need them in the environment."""
    from sla_monitor.contract.endpoints.spelled import spelled
    from sla_monitor.generate.file_set import write
    from sla_monitor.signing import SigningKey

    if settings.sites.nats is None:
        return
    (server,) = settings.sites.nats.servers
    users = [USER.format(user="collector", variable=password_variable("collector"))]
    users += [SITE.format(user=site.id, variable=password_variable(site.id)) for site in settings.sites.known]
    for user in ("collector", *(site.id for site in settings.sites.known)):
        os.environ[password_variable(user)] = f"p{token_hex(16)}"  # a number would be one to the server too
    key = Path(settings.ledger.key)
    public = (SigningKey.read(key) if key.exists() else SigningKey.make(key)).public
    witnesses = [spelled(one) for one in settings.witnesses]
    files = {f"{site.id}.yaml": _site(site.id, server, folder.absolute(), witnesses) for site in settings.sites.known}
    store, listen = folder.absolute() / "data" / "nats", urlsplit(server).netloc
    conf = CONF.format(listen=listen, store=store, users="\n    ".join(users))
    write(files | {"nats.conf": conf, "collector.pub": public.pem}, folder / "sites")


def write_standby(settings: Settings, folder: Path) -> None:
    """The settings of the other collector of the pair: those of the first, with a name, an address and files of its
    own."""
    from sla_monitor.contract.endpoints.spelled import spelled
    from sla_monitor.generate.file_set import write

    pair, nats = settings.collectors, settings.sites.nats
    if pair is None or nats is None:
        return
    data = folder.absolute() / "data" / pair.other
    password = f"${{env:{password_variable(nats.user)}}}"
    manager = settings.alertmanager
    made = {
        "listen": _standby_address(settings),
        "contracts": f"{settings.contracts.absolute()}",
        "assess_every": f"{settings.assess_every_ms}ms",
        "ledger": {"path": f"{data}.ledger.db", "key": f"{settings.ledger.key.absolute()}"},
        "reviews": {"folder": f"{data}.reviews"},
        "archive": {"folder": f"{data}.archive"},
        "collectors": {"name": pair.other, "pair": list(pair.pair), "scraped": list(pair.scraped)},
        "sites": {
            "nats": {"servers": list(nats.servers), "user": nats.user, "password": password},
            "known": [{"id": site.id, "endpoints": list(site.endpoints)} for site in settings.sites.known],
        },
        "alertmanager": {"url": manager.url, "silences": manager.silences, "every": f"{manager.every_ms}ms"},
        "witnesses": [spelled(one) for one in settings.witnesses],
    }
    write({"standby.yaml": json.dumps(made, indent=2) + "\n"}, folder / "standby")


def _standby_address(settings: Settings) -> str:
    pair = settings.collectors
    return pair.scraped[pair.pair.index(pair.other)] if pair is not None and pair.scraped else ""


def _site(name: str, server: str, folder: Path, witnesses: list[dict[str, Any]]) -> str:
    nats = {"servers": [server], "user": name, "password": f"${{env:{password_variable(name)}}}"}
    outbox = {"outbox": f"{folder / 'data' / name}.outbox.db"}
    outpost = outbox | {"collector_key": f"{folder / 'sites' / 'collector.pub'}"}
    # JSON is YAML.
    return json.dumps({"sites": {"nats": nats, "outpost": outpost}, "witnesses": witnesses}, indent=2) + "\n"


def password_variable(user: str) -> str:
    """The environment variable that has the password of a user of the server; settings name the collector's."""
    return f"SLA_STACK_{user.upper()}"


def _at_the_desk(contracts: Sequence[str], port: int) -> list[dict[str, Any]]:
    from sla_monitor.generate.alertmanager.receivers import NOBODY, placeholders

    names = [receiver["name"] for receiver in placeholders(contracts) if receiver["name"] != NOBODY]
    return [{"name": name, "webhook_configs": [{"url": f"http://127.0.0.1:{port}/{name}"}]} for name in names]


def _introduce(url: str, around: Stack, settings: Settings) -> None:
    standby = f"  standby       http://{_standby_address(settings)}/\n" if around.has_standby else ""
    sites = f"  sites         {' and '.join(around.sites)}; what they see is on {url}{SEEN}\n" if around.sites else ""
    click.echo(
        f"The stack is starting.\n  status page   {url}/\n{standby}{sites}"
        f"  Prometheus    http://{around.prometheus}/alerts\n  Alertmanager  http://{around.alertmanager}/\n"
        f"  Grafana       {GRAFANA}/dashboards, once its package is installed and this runs in another terminal:\n\n"
        f"{_grafana(around.folder.absolute())}\n\n"
        "Alerts and their recipients are printed here. Ctrl-C stops everything."
    )


def _grafana(folder: Path) -> str:
    """A Grafana that keeps everything in the stack's folder and lets everybody on this host look."""
    host, port = GRAFANA.removeprefix("http://").split(":")
    settings = {
        "GF_PATHS_PROVISIONING": str(folder / "grafana" / "provisioning"),
        "GF_PATHS_DATA": str(folder / "data" / "grafana"),
        "GF_PATHS_LOGS": str(folder / "data" / "grafana"),
        "GF_PATHS_PLUGINS": str(folder / "data" / "grafana"),
        "GF_SERVER_HTTP_ADDR": host,
        "GF_SERVER_HTTP_PORT": port,
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
    }
    lines = [f"{name}={shlex.quote(value)}" for name, value in settings.items()]
    return " \\\n".join([*lines, "grafana server --homepath /usr/share/grafana"])
