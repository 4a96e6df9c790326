"""Every name that Prometheus sees, spelled once (docs/metrics.md says what each means)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class MetricName:
    """A metric family: its name (a counter's without `_total`), type, label names in order, and help text."""

    name: str
    kind: Literal["gauge", "counter", "histogram"]
    labels: tuple[str, ...]
    help: str

    @property
    def sample(self) -> str:
        """The name that its series have."""
        return f"{self.name}_total" if self.kind == "counter" else self.name


STATES = ("up", "degraded", "down", "unknown")
PHASES = ("dns", "connect", "tls", "first_byte", "transfer")

_ENDPOINT = ("contract", "service", "endpoint")
_SERVICE = ("contract", "service")
_KPI = ("contract", "kpi", "service")

ENDPOINT_STATE = MetricName(
    "sla_endpoint_state",
    "gauge",
    (*_ENDPOINT, "state"),
    "1 for the outcome of the endpoint's last look, 0 for the others.",
)
PROBE_DURATION = MetricName(
    "sla_probe_duration_seconds", "gauge", _ENDPOINT, "Duration of the endpoint's last look, from name to last byte."
)
PROBE_PHASE = MetricName(
    "sla_probe_phase_duration_seconds", "gauge", (*_ENDPOINT, "phase"), "Duration of each phase of the last look."
)
PROBES = MetricName("sla_probes", "counter", _ENDPOINT, "Looks at the endpoint since the daemon started.")
PROBE_FAILURES = MetricName("sla_probe_failures", "counter", _ENDPOINT, "Looks that found the endpoint down.")
PROBES_SKIPPED = MetricName(
    "sla_probes_skipped", "counter", _ENDPOINT, "Looks that were due and did not happen; coverage falls with them."
)
LAST_PROBE = MetricName(
    "sla_endpoint_last_probe_timestamp_seconds", "gauge", _ENDPOINT, "When the endpoint's last look began."
)
CERTIFICATE_EXPIRY = MetricName(
    "sla_endpoint_certificate_expiry_timestamp_seconds",
    "gauge",
    _ENDPOINT,
    "Earliest expiry in the endpoint's certificate chain.",
)

SERVICE_STATE = MetricName(
    "sla_service_state", "gauge", (*_SERVICE, "state"), "1 for the service's state now, 0 for the others."
)
SERVICE_AVAILABILITY = MetricName(
    "sla_service_availability_ratio",
    "gauge",
    _SERVICE,
    "Availability in the running period so far; absent while unknown.",
)
SERVICE_COVERAGE = MetricName(
    "sla_service_coverage_ratio", "gauge", _SERVICE, "Observed part of the agreed service time so far."
)
SERVICE_AGREED = MetricName(
    "sla_service_agreed_seconds", "gauge", _SERVICE, "Agreed service time in the running period so far."
)
SERVICE_DOWNTIME = MetricName(
    "sla_service_downtime_seconds",
    "gauge",
    _SERVICE,
    "Downtime in the running period so far, after the contract's rules.",
)
SERVICE_UNKNOWN = MetricName(
    "sla_service_unknown_seconds", "gauge", _SERVICE, "Agreed service time so far that nobody saw."
)
SERVICE_OUTAGES = MetricName("sla_service_outages", "gauge", _SERVICE, "Outages in the running period so far.")
SERVICE_OUTAGE_START = MetricName(
    "sla_service_open_outage_start_timestamp_seconds",
    "gauge",
    _SERVICE,
    "When the open outage began; absent without one.",
)

KPI_AVAILABILITY = MetricName(
    "sla_kpi_availability_ratio",
    "gauge",
    _KPI,
    "The KPI's availability in the running period so far; absent while unknown.",
)
KPI_TARGET = MetricName("sla_kpi_target_ratio", "gauge", _KPI, "The availability that the contract promises.")
KPI_ALLOWANCE = MetricName(
    "sla_kpi_downtime_allowance_seconds",
    "gauge",
    _KPI,
    "Downtime that the whole running period may have at the target.",
)
KPI_ALLOWANCE_LEFT = MetricName(
    "sla_kpi_downtime_allowance_remaining_seconds",
    "gauge",
    _KPI,
    "Allowance less downtime so far; negative once breached.",
)
KPI_MET = MetricName(
    "sla_kpi_met", "gauge", _KPI, "1 while the figure so far meets the target, 0 while not; absent while unknown."
)
KPI_ASSESSABLE = MetricName("sla_kpi_assessable", "gauge", _KPI, "1 while coverage is at least the contract's floor.")

CONTRACT_INFO = MetricName(
    "sla_contract_info",
    "gauge",
    ("contract", "authority", "supplier", "period", "terms"),
    "1; labels say who agreed, which period runs and which version of the terms holds.",
)
PERIOD_START = MetricName(
    "sla_contract_period_start_timestamp_seconds", "gauge", ("contract",), "When the running period began."
)
PERIOD_END = MetricName(
    "sla_contract_period_end_timestamp_seconds", "gauge", ("contract",), "When the running period ends."
)

BUILD_INFO = MetricName("sla_build_info", "gauge", ("python_version", "version"), "1; labels say what is running.")
START_TIME = MetricName("sla_start_timestamp_seconds", "gauge", (), "When the daemon started.")
RELOAD_OK = MetricName(
    "sla_config_last_reload_successful", "gauge", (), "1 when the last reading of the configuration was taken up."
)
RELOAD_TIME = MetricName(
    "sla_config_last_reload_success_timestamp_seconds", "gauge", (), "When a configuration was last taken up."
)
MONITOR_ONLINE = MetricName(
    "sla_monitor_online",
    "gauge",
    (),
    "1 while a witness answers (or none is configured), 0 while the monitor is cut off.",
)
PULSE = MetricName(
    "sla_schedule_pulse_age_seconds",
    "gauge",
    (),
    "Time since the scheduling loop last turned; about 1 at most when healthy.",
)
LATENESS = MetricName(
    "sla_schedule_lateness_seconds", "histogram", (), "How long after its due instant each look began."
)
MISSED = MetricName("sla_schedule_missed", "counter", (), "Looks lost because the schedule was late or the host slept.")
OVERRUN = MetricName(
    "sla_schedule_overrun", "counter", (), "Looks not begun because the one before was still under way."
)
CLOCK_STEPS = MetricName("sla_clock_steps", "counter", (), "Times the wall clock was set or the host slept.")
WORKERS = MetricName("sla_workers", "gauge", (), "Threads that look.")
WORKERS_BUSY = MetricName("sla_workers_busy", "gauge", (), "Threads that are looking right now.")
WORKERS_LIMIT = MetricName("sla_workers_limit", "gauge", (), "Threads that may be started.")
WORKERS_WAITING = MetricName("sla_workers_waiting", "gauge", (), "Looks that wait for a thread.")
COMMITTED = MetricName(
    "sla_ledger_committed_observations", "counter", (), "Observations whose commit has returned: they survive a crash."
)
DROPPED = MetricName(
    "sla_ledger_dropped_observations", "counter", (), "Observations that could not be kept; their time is unknown."
)
OUT_OF_ORDER = MetricName(
    "sla_ledger_out_of_order_observations",
    "counter",
    (),
    "Observations that were not after their endpoint's last one (a clock that was set back); kept, in no span.",
)
PENDING = MetricName(
    "sla_ledger_pending_observations", "gauge", (), "Observations held in memory, waiting for a commit."
)
LEDGER_LAG = MetricName("sla_ledger_lag_seconds", "gauge", (), "Age of the oldest observation that is not committed.")
LEDGER_FAILING = MetricName("sla_ledger_failing", "gauge", (), "1 while the ledger cannot be written.")
LEDGER_SIZE = MetricName("sla_ledger_size_bytes", "gauge", (), "Size of the ledger on disk.")
ASSESSED = MetricName("sla_assessment_timestamp_seconds", "gauge", (), "When the figures were last worked out.")
ASSESS_DURATION = MetricName("sla_assessment_duration_seconds", "gauge", (), "How long that took.")
LOG_MESSAGES = MetricName("sla_log_messages", "counter", ("level",), "Log lines written, by level.")

ALL_METRICS: tuple[MetricName, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, MetricName)
)
