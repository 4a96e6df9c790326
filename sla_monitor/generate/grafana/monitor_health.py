"""The monitor's own health: does it probe when it should, keep what it saw, and know what it costs."""

from __future__ import annotations

from sla_monitor import names
from sla_monitor.generate.grafana import style
from sla_monitor.generate.grafana.dashboard import Dashboard
from sla_monitor.generate.grafana.dashboard_queries import Query, each, rate, select
from sla_monitor.generate.grafana.drill_down import HEALTH
from sla_monitor.generate.grafana.panels import Panel, PanelStyle, stat, timeseries
from sla_monitor.generate.probe_series import ProbeSeries

COUNT = PanelStyle(decimals=0, least=0)
PER_SECOND = PanelStyle(unit="cps", least=0)
COLLECTOR = "{{collector}}"
INSTANCE = "{{instance}}"
PLACE = "{{place}}"


def health(series: ProbeSeries, sites: int, *, is_pair: bool) -> Dashboard:
    """Every monitor that the data source knows. `sites`: how many there are far away; `is_pair`: whether there are two
    collectors."""
    return Dashboard(
        uid=HEALTH,
        title="SLA 4: Monitor health",
        description="Is the monitor itself well: does it probe on time, keep what it saw, and assess it?",
        rows=(
            ("Now", _now()),
            *((("Pair of collectors", _pair()),) if is_pair else ()),
            *((("Sites far away", _far_sites()),) if sites else ()),
            ("Probing on time", (_lateness(), _lost(), _in_flight(), _probes(series))),
            ("Keeping and assessing", (_ledger(), _lag(), _assessing(), _log())),
            ("What it costs", (_cpu(), _memory(), _files(), _scrape())),
        ),
    )


def _stat(title: str, description: str, expression: str, panel_style: PanelStyle) -> Panel:
    return stat(title, description, Query(expression), panel_style)


def _now() -> tuple[Panel, ...]:
    yes = PanelStyle(unit="none", texts=style.GOOD_WHEN_ONE, thresholds=style.steps((None, style.BAD), (1, style.GOOD)))
    no = PanelStyle(unit="none", texts=style.BAD_WHEN_ONE, thresholds=style.ANY_IS_BAD)
    taken_up = "Whether the last reading of configuration loaded; if not, the one before is in force."
    return (
        _stat("Scraped", "Whether Prometheus reaches the monitor.", f"min({select('up')})", yes),
        _stat("Online", "Whether a witness answers.", f"min({select(names.MONITOR_ONLINE)})", yes),
        _stat("Configuration taken up", taken_up, f"min({select(names.RELOAD_OK)})", yes),
        _stat("Ledger failing", "Whether commits fail.", f"max({select(names.LEDGER_FAILING)})", no),
        *_ages(),
        stat(
            "Version",
            "What is running.",
            Query(f"max by (version, python_version) ({select(names.BUILD_INFO)})", "{{version}}, {{python_version}}"),
            PanelStyle(unit="none", texts={"1": ("running", "text")}, thresholds=style.steps((None, "text"))),
            size=(8, 4),
            text_mode="name",
        ),
    )


def _ages() -> tuple[Panel, ...]:
    pulse = PanelStyle(
        unit="s", decimals=1, thresholds=style.steps((None, style.GOOD), (3, style.NEAR), (5, style.BAD))
    )
    age = PanelStyle(unit="s", thresholds=style.steps((None, style.GOOD), (60, style.NEAR), (300, style.BAD)))
    since = PanelStyle(unit="dateTimeFromNow", thresholds=style.steps((None, "text")))
    return (
        _stat("Pulse", "Time since the scheduling loop last turned.", f"max({select(names.PULSE)})", pulse),
        _stat("Age of the figures", "Since they were worked out.", f"time() - min({select(names.ASSESSED)})", age),
        _stat("Started", "When the monitor started.", f"max({select(names.START_TIME)}) * 1000", since),
        _stat("Configuration of", "When it was taken up.", f"max({select(names.RELOAD_TIME)}) * 1000", since),
    )


def _pair() -> tuple[Panel, ...]:
    yes = PanelStyle(unit="none", texts=style.GOOD_WHEN_ONE, thresholds=style.steps((None, style.BAD), (1, style.GOOD)))
    who = {"0": ("follows", "text"), "1": ("speaks", style.GOOD)}
    return (
        stat(
            "Who speaks",
            "One of the two tells everybody else; the other one takes over when it is gone.",
            Query(each("collector", select(names.COLLECTOR_SPEAKS)), COLLECTOR),
            PanelStyle(unit="none", texts=who, thresholds=style.steps((None, "text"), (1, style.GOOD))),
            size=(8, 4),
            text_mode="value_and_name",
        ),
        stat(
            "Lease reached",
            "Whether each reaches the server that has the lease: one that does not cannot take over.",
            Query(each("collector", select(names.LEASE_UP)), COLLECTOR),
            yes,
            size=(8, 4),
            text_mode="value_and_name",
        ),
        _stat(
            "Days that differ",
            "Days of which the two do not have the same.",
            f"max({select(names.PAIR_DIFFERENCES)})",
            PanelStyle(decimals=0, thresholds=style.ANY_IS_BAD),
        ),
        timeseries(
            "Behind the sites",
            "How old the oldest observation is that each lacks; its site keeps it.",
            [Query(each("collector", select(names.FAR_BEHIND)), COLLECTOR)],
            PanelStyle(unit="s", least=0),
        ),
        timeseries(
            "Takeovers",
            "A second: each time that one took the lease after the other.",
            [Query(f"sum by (collector) ({rate(names.TAKEOVERS)})", COLLECTOR)],
            PER_SECOND,
        ),
    )


def _far_sites() -> tuple[Panel, ...]:
    yes = PanelStyle(unit="none", texts=style.GOOD_WHEN_ONE, thresholds=style.steps((None, style.BAD), (1, style.GOOD)))
    skew = PanelStyle(unit="s", decimals=1)
    return (
        _stat(
            "Server reached", "Whether the server between here and the sites is.", f"min({select(names.LINE_UP)})", yes
        ),
        _stat(
            "Without a quorum",
            "Endpoints of which too few places see anything to tell an outage.",
            f"sum({select(names.SERVICE_WITHOUT_QUORUM)})",
            PanelStyle(decimals=0, thresholds=style.ANY_IS_UNSEEN),
        ),
        stat(
            "Connected",
            "Whether each site says how it is.",
            Query(each("place", select(names.FAR_CONNECTED)), PLACE),
            yes,
            size=(16, 4),
            text_mode="value_and_name",
        ),
        timeseries(
            "Waiting in outboxes",
            "Observations that are not recorded yet, as each site last said.",
            [Query(each("place", select(names.FAR_WAITING)), PLACE)],
            COUNT,
        ),
        timeseries(
            "Clocks ahead of ours",
            "From 5 s on, ahead or behind, what a site sees is unknown.",
            [Query(each("place", select(names.FAR_AHEAD)), PLACE)],
            skew,
        ),
        timeseries(
            "Recorded of sites",
            "Observations a second.",
            [Query(f"sum by (place) ({rate(names.FAR_RECORDED)})", PLACE)],
            PER_SECOND,
        ),
        timeseries(
            "Lost and refused",
            "Observations a second: a full or lost outbox, or what a site may not say.",
            [
                Query(f"sum by (place) ({rate(metric)})", f"{PLACE} {word}")
                for metric, word in ((names.FAR_LOST, "lost"), (names.FAR_REFUSED, "refused"))
            ],
            PER_SECOND,
        ),
    )


def _lateness() -> Panel:
    buckets = f"sum by (le) (rate({select(names.LATENESS.sample + '_bucket')}[$__rate_interval]))"
    return timeseries(
        "Probe lateness",
        "After the instant at which each was due; half of the probes, and 99 of 100, are sooner.",
        [
            Query(f"histogram_quantile({share}, {buckets})", name)
            for share, name in ((0.5, "half"), (0.99, "99 of 100"))
        ],
        PanelStyle(unit="s", least=0),
    )


def _lost() -> Panel:
    return timeseries(
        "Probes not made",
        "Missed: the schedule was late or the host slept. Overrun: the previous one was running. Both lower coverage.",
        [
            Query(f"sum by (instance) ({rate(names.MISSED)})", f"missed {INSTANCE}"),
            Query(f"sum by (instance) ({rate(names.OVERRUN)})", f"overrun {INSTANCE}"),
            Query(f"sum by (instance) ({rate(names.CLOCK_STEPS)})", f"clock steps {INSTANCE}"),
        ],
        PER_SECOND,
    )


def _in_flight() -> Panel:
    shown = ((names.IN_FLIGHT, "in flight"), (names.AWAITING_WITNESS, "awaiting the witnesses"), (names.SITES, "sites"))
    queries = [Query(f"sum by (instance) ({select(metric)})", f"{name} {INSTANCE}") for metric, name in shown]
    restarts = f"sum by (instance) ({rate(names.SITE_RESTARTS)})"
    return timeseries(
        "Probes in flight",
        "Probes under way, failures that wait for the witnesses, processes that probe and their restarts.",
        [*queries, Query(restarts, f"restarts a second {INSTANCE}")],
        COUNT,
    )


def _probes(series: ProbeSeries) -> Panel:
    return timeseries(
        "Probes a second",
        "Made, and those that found an endpoint down.",
        [
            Query(f"sum by (instance) ({rate(series.made)})", f"made {INSTANCE}"),
            Query(f"sum by (instance) ({rate(series.failed)})", f"found it down {INSTANCE}"),
        ],
        PER_SECOND,
    )


def _ledger() -> Panel:
    shown = ((names.COMMITTED, "committed"), (names.DROPPED, "dropped"), (names.OUT_OF_ORDER, "out of order"))
    return timeseries(
        "Observations",
        "Committed ones survive a crash; the time of dropped ones is unknown.",
        [Query(f"sum by (instance) ({rate(metric)})", f"{name} {INSTANCE}") for metric, name in shown],
        PER_SECOND,
    )


def _lag() -> Panel:
    return timeseries(
        "Age of the oldest observation that is not committed",
        "What a crash would lose.",
        [Query(f"max by (instance) ({select(names.LEDGER_LAG)})", INSTANCE)],
        PanelStyle(unit="s", least=0, thresholds=style.steps((None, style.GOOD), (5, style.NEAR), (60, style.BAD))),
    )


def _assessing() -> Panel:
    return timeseries(
        "Time to work out the figures",
        "All contracts, each time.",
        [Query(f"max by (instance) ({select(names.ASSESS_DURATION)})", INSTANCE)],
        PanelStyle(unit="s", least=0),
    )


def _log() -> Panel:
    return timeseries(
        "Log lines",
        "By level.",
        [Query(f"sum by (level) ({rate(names.LOG_MESSAGES)})", "{{level}}")],
        PER_SECOND,
    )


def _cpu() -> Panel:
    used = f"rate({select('process_cpu_seconds_total')}[$__rate_interval])"
    return timeseries(
        "Processor time",
        "Of one core.",
        [Query(f"sum by (instance) ({used})", INSTANCE)],
        PanelStyle(unit="percentunit", least=0),
    )


def _memory() -> Panel:
    return timeseries(
        "Memory and ledger",
        "Resident memory, and the ledger on disk.",
        [
            Query(f"max by (instance) ({select('process_resident_memory_bytes')})", f"memory {INSTANCE}"),
            Query(f"max by (instance) ({select(names.LEDGER_SIZE)})", f"ledger {INSTANCE}"),
        ],
        PanelStyle(unit="bytes", least=0),
    )


def _files() -> Panel:
    share = f"{select('process_open_fds')} / {select('process_max_fds')}"
    return timeseries(
        "Open files",
        "Connections and files, of those allowed.",
        [Query(f"max by (instance) ({share})", INSTANCE)],
        PanelStyle(unit="percentunit", least=0, thresholds=style.steps((None, style.GOOD), (0.8, style.BAD))),
    )


def _scrape() -> Panel:
    return timeseries(
        "Scrapes",
        "How long Prometheus waits for the metrics.",
        [Query(f"max by (instance) ({select('scrape_duration_seconds')})", INSTANCE)],
        PanelStyle(unit="s", least=0),
    )
