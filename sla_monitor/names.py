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
UNITS = {
    "percent": "ratio",
    "ms": "seconds",
    "minutes": "seconds",
    "count": "count",
    "days": "days",
    "score": "score",
    "": "number",
}
"""A KPI's unit as its terms say it, and as the label `unit` says it: per cent become ratios, milliseconds seconds."""

SERVICE_DASHBOARD = "sla-service"
"""The dashboard of one service, by which links find it; its variables are the contract and the service."""

NOT_ASSESSABLE = "not_assessable"
"""The label `band` of a closed month with a figure of which too little was seen."""

WHOLE_CONTRACT = "contract"
"""The label `scope` of a cap on the contract as a whole; that of a cap by service is the service."""

MONTHS_KEPT = 12
"""Closed months of which bands, points and credit are told: Prometheus forgets after fifteen days unless told."""

TERMS_PROBLEMS = ("not_approved", "file_differs", "file_missing", "unreadable")
"""What can be wrong with the terms of a contract: the label `problem`."""

TEXT_KEPT = 120
"""Characters of an acknowledgement's text in its label: the rest stands on the page of the service."""

_ENDPOINT = ("contract", "service", "endpoint")
_PLACE = ("contract", "service", "endpoint", "place")
_SERVICE = ("contract", "service")
_KPI = ("contract", "kpi", "service")
_OBLIGATION = ("contract", "obligation", "party")
_MONEY = ("contract", "currency")
_CAP = ("contract", "cap", "scope", "currency")

ENDPOINT_STATE = MetricName(
    "sla_endpoint_state",
    "gauge",
    (*_ENDPOINT, "state"),
    "1 for the outcome of the endpoint's last probe, 0 for the others.",
)
PROBE_DURATION = MetricName(
    "sla_probe_duration_seconds", "gauge", _ENDPOINT, "Duration of the endpoint's last probe, from name to last byte."
)
PROBE_PHASE = MetricName(
    "sla_probe_phase_duration_seconds", "gauge", (*_ENDPOINT, "phase"), "Duration of each phase of the last probe."
)
PROBES = MetricName("sla_probes", "counter", _ENDPOINT, "Probes at the endpoint since the daemon started.")
PROBE_FAILURES = MetricName("sla_probe_failures", "counter", _ENDPOINT, "Probes that found the endpoint down.")
PROBES_SKIPPED = MetricName(
    "sla_probes_skipped", "counter", _ENDPOINT, "Probes that were due and did not happen; coverage falls with them."
)
LAST_PROBE = MetricName(
    "sla_endpoint_last_probe_timestamp_seconds", "gauge", _ENDPOINT, "When the endpoint's last probe began."
)
CERTIFICATE_EXPIRY = MetricName(
    "sla_endpoint_certificate_expiry_timestamp_seconds",
    "gauge",
    _ENDPOINT,
    "Earliest expiry in the endpoint's certificate chain.",
)
FAILED_STEP = MetricName(
    "sla_endpoint_failed_step",
    "gauge",
    (*_ENDPOINT, "step"),
    "1 for the step at which the endpoint's last journey failed; absent while none.",
)
DOWN_START = MetricName(
    "sla_endpoint_down_start_timestamp_seconds",
    "gauge",
    (*_ENDPOINT, "reason"),
    "When the endpoint's failed probes in a row began, with the reason of the last one; absent an hour after they"
    " ended.",
)
DOWN_END = MetricName(
    "sla_endpoint_down_end_timestamp_seconds",
    "gauge",
    _ENDPOINT,
    "When a probe found the endpoint down no longer; absent while it is down, and after an hour.",
)

WITHOUT_SERIES = MetricName(
    "sla_endpoints_without_series",
    "gauge",
    ("why",),
    "Endpoints without series of their own: well (only failing ones have them, as the settings say), too_many (of those"
    " that fail).",
)
SERVICE_PROBES = MetricName(
    "sla_service_probes",
    "counter",
    _SERVICE,
    "Probes at the endpoints of a service since the daemon started; there where only failing endpoints have series.",
)
SERVICE_PROBE_FAILURES = MetricName(
    "sla_service_probe_failures", "counter", _SERVICE, "Those of them that found an endpoint down."
)
SERVICE_PROBES_SKIPPED = MetricName(
    "sla_service_probes_skipped",
    "counter",
    _SERVICE,
    "Probes that were due there and did not happen.",
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
    "sla_service_unknown_seconds", "gauge", _SERVICE, "Agreed service time so far without observations."
)
SERVICE_OUTAGES = MetricName("sla_service_outages", "gauge", _SERVICE, "Outages in the running period so far.")
SERVICE_OUTAGE_START = MetricName(
    "sla_service_open_outage_start_timestamp_seconds",
    "gauge",
    _SERVICE,
    "When the open outage began; absent without one.",
)
LAST_OUTAGE_START = MetricName(
    "sla_service_last_outage_start_timestamp_seconds",
    "gauge",
    _SERVICE,
    "When the last outage that is over began; absent without one in the running period.",
)
LAST_OUTAGE_END = MetricName(
    "sla_service_last_outage_end_timestamp_seconds",
    "gauge",
    _SERVICE,
    "When the last outage that is over ended; absent without one in the running period.",
)
PLACE_STATE = MetricName(
    "sla_place_state",
    "gauge",
    (*_PLACE, "state"),
    "Of endpoints that several places probe: 1 for how one place sees it now, 0 for the others; unknown while it is cut"
    " off.",
)
PLACES_SHORT = MetricName(
    "sla_endpoint_places_short",
    "gauge",
    _ENDPOINT,
    "How many places more would have to see anything of the endpoint before they could make an outage; 0 while enough"
    " do.",
)
PLACE_COVERAGE = MetricName(
    "sla_place_coverage_ratio",
    "gauge",
    _PLACE,
    "Of endpoints that several places probe: the part of the agreed service time so far that one place observed.",
)
PLACE_DOWNTIME = MetricName(
    "sla_place_downtime_seconds", "gauge", _PLACE, "Agreed service time so far in which one place saw it down."
)
PLACE_OUTVOTED = MetricName(
    "sla_place_outvoted_seconds",
    "gauge",
    _PLACE,
    "The part of that in which too few other places saw it down to make an outage.",
)
WATCHED_COVERAGE = MetricName(
    "sla_service_watched_coverage_ratio",
    "gauge",
    _SERVICE,
    "Observed part of the agreed service time since the running period's first observation; absent without one.",
)
SERVICE_FAILING = MetricName(
    "sla_service_failing_endpoints",
    "gauge",
    (*_SERVICE, "reason"),
    "Endpoints whose last probe found something wrong, by reason; absent while none.",
)
SERVICE_WITHOUT_QUORUM = MetricName(
    "sla_service_endpoints_without_quorum",
    "gauge",
    _SERVICE,
    "Endpoints of which too few of their places see anything to make an outage; absent where one place alone probes.",
)
ACKNOWLEDGED = MetricName(
    "sla_acknowledged_timestamp_seconds",
    "gauge",
    (*_ENDPOINT, "by", "text"),
    "When somebody took an open outage in hand: who, and what they wrote; of a service as a whole, without an endpoint."
    " Absent once the outage is over.",
)
SERVICE_MAINTENANCE = MetricName(
    "sla_service_maintenance", "gauge", _SERVICE, "1 while permitted maintenance is under way: nobody is called."
)
SERVICE_BOOKED_AND_LOUD = MetricName(
    "sla_service_maintenance_not_permitted",
    "gauge",
    _SERVICE,
    "1 while maintenance is booked that is not permitted: somebody is called.",
)
SERVICE_MAINTENANCE_END = MetricName(
    "sla_service_maintenance_end_timestamp_seconds",
    "gauge",
    _SERVICE,
    "When the permitted maintenance ends, or ended within the last day; absent otherwise.",
)

KPI_AVAILABILITY = MetricName(
    "sla_kpi_availability_ratio",
    "gauge",
    _KPI,
    "The KPI's availability in the running period so far; absent while unknown.",
)
KPI_TARGET_RATIO = MetricName(
    "sla_kpi_target_ratio", "gauge", _KPI, "The availability that the contract promises over the whole running period."
)
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
    "Allowance less downtime so far; negative once breached, absent while nothing is measured.",
)
KPI_MET = MetricName(
    "sla_kpi_met", "gauge", _KPI, "1 while the figure so far meets the target, 0 while not; absent while unknown."
)
KPI_ASSESSABLE = MetricName("sla_kpi_assessable", "gauge", _KPI, "1 while coverage is at least the contract's floor.")
KPI_OF_NOTHING = MetricName(
    "sla_kpi_without_events",
    "gauge",
    _KPI,
    "1 while nothing has happened that the figure counts: it is what the contract says of that; absent otherwise.",
)
KPI_VALUE = MetricName(
    "sla_kpi_value",
    "gauge",
    (*_KPI, "unit", "view"),
    "The KPI's figure so far, gross, claimed and agreed; absent while unknown.",
)
KPI_TARGET = MetricName("sla_kpi_target", "gauge", (*_KPI, "unit"), "The figure that keeps the promise.")
KPI_BAND = MetricName(
    "sla_kpi_band", "gauge", (*_KPI, "band"), "1 for the band of the agreed figure so far, 0 for the others."
)
KPI_POINTS = MetricName(
    "sla_kpi_points", "gauge", _KPI, "Service points of the running month as it stands; absent without a verdict."
)
KPI_FAILURES = MetricName(
    "sla_kpi_failures_in_a_row",
    "gauge",
    _KPI,
    "Measurement periods in a row that missed, this one included; absent before the first result.",
)
KPI_COVERAGE = MetricName(
    "sla_kpi_coverage_ratio", "gauge", _KPI, "Observed part of the time that the figure is about; absent without one."
)
KPI_BURN_RATE = MetricName(
    "sla_kpi_burn_rate",
    "gauge",
    (*_KPI, "window"),
    "Downtime over the downtime allowed in the same time: 1 uses up the allowance exactly at the period's end.",
)
KPI_EXHAUSTED = MetricName(
    "sla_kpi_allowance_exhausted_timestamp_seconds",
    "gauge",
    (*_KPI, "window"),
    "When the allowance is used up if it goes on like this; absent when not in this period.",
)
KPI_QUERIES = MetricName(
    "sla_kpi_queries", "counter", ("contract", "kpi"), "Times that the KPI's figure was asked of its Prometheus."
)
KPI_QUERY_FAILURES = MetricName(
    "sla_kpi_query_failures", "counter", ("contract", "kpi"), "Times that it was asked and no figure could be had."
)
KPI_MONTH_BAND = MetricName(
    "sla_kpi_month_band",
    "gauge",
    (*_KPI, "month", "band"),
    "1; labels say which band each of the last months got, or `not_assessable`; absent without a figure.",
)

CONTRACT_INFO = MetricName(
    "sla_contract_info",
    "gauge",
    ("contract", "authority", "supplier", "period", "terms"),
    "1; labels say who agreed, which period runs and which version of the terms holds.",
)
CONTRACT_ELSEWHERE = MetricName(
    "sla_contract_elsewhere",
    "gauge",
    ("contract",),
    "1; the label is a contract that this collector leaves to another one, as its settings say.",
)
PERIOD_START = MetricName(
    "sla_contract_period_start_timestamp_seconds", "gauge", ("contract",), "When the running period began."
)
PERIOD_END = MetricName(
    "sla_contract_period_end_timestamp_seconds", "gauge", ("contract",), "When the running period ends."
)
UTC_OFFSET = MetricName(
    "sla_contract_utc_offset_seconds",
    "gauge",
    ("contract", "stretch", "zone"),
    "Local time in the contract's zone less UTC: now, before the last change of its clocks, and after the next.",
)
UTC_OFFSET_START = MetricName(
    "sla_contract_utc_offset_start_timestamp_seconds",
    "gauge",
    ("contract", "stretch", "zone"),
    "From when on each of these offsets holds; 0: as long as anybody asks.",
)
CONTRACT_POINTS = MetricName(
    "sla_contract_points",
    "gauge",
    ("contract",),
    "Service points of the running month as it stands; absent while nothing is measured.",
)
CONTRACT_CREDIT = MetricName(
    "sla_contract_credit",
    "gauge",
    _MONEY,
    "What the running month costs the supplier as it stands, after caps; absent while nothing is measured.",
)
CONTRACT_CREDIT_BEFORE = MetricName(
    "sla_contract_credit_before_caps",
    "gauge",
    _MONEY,
    "Service credits of the running month before any cap; absent while nothing is measured.",
)
CAP_LIMIT = MetricName("sla_contract_cap_limit", "gauge", _CAP, "The most that a cap lets through in its window.")
CAP_REMAINING = MetricName(
    "sla_contract_cap_remaining", "gauge", _CAP, "What a cap still lets through after the running month."
)
OUTLOOK_POINTS = MetricName(
    "sla_contract_outlook_points",
    "gauge",
    ("contract", "case"),
    "The month's points if it ended now (absent while nothing is measured), at best and at worst.",
)
OUTLOOK_CREDIT = MetricName(
    "sla_contract_outlook_credit",
    "gauge",
    (*_MONEY, "case"),
    "The month's credit if it ended now (absent while nothing is measured), at best and at worst.",
)
TRIGGER = MetricName(
    "sla_contract_trigger", "gauge", ("contract", "trigger"), "1 while the trigger is set off as the month stands."
)
REGISTER_PENDING = MetricName(
    "sla_contract_register_pending", "gauge", ("contract",), "Register entries that await a decision."
)
OLDEST_PENDING = MetricName(
    "sla_contract_oldest_pending_timestamp_seconds",
    "gauge",
    ("contract",),
    "When the oldest entry that awaits a decision was made; absent without one.",
)
CLAIM_DEADLINE = MetricName(
    "sla_contract_claim_deadline_timestamp_seconds",
    "gauge",
    ("contract",),
    "Until when the next credit to lapse can be claimed; absent without one.",
)
FIGURES_MISSING = MetricName(
    "sla_contract_figures_missing", "gauge", ("contract",), "KPI figures that a party owes for months that have ended."
)
REPORT_DUE = MetricName(
    "sla_contract_report_due_timestamp_seconds",
    "gauge",
    ("contract",),
    "When the report on the month before the running one is due; absent without such a month.",
)
CREDIT_AMOUNT = MetricName(
    "sla_credit_amount",
    "gauge",
    (*_MONEY, "step"),
    "Credits of all months that are over: expected, notified, invoiced, recovered, written_off, open.",
)
CREDIT_OPEN = MetricName(
    "sla_credit_open_amount",
    "gauge",
    (*_MONEY, "age"),
    "What is open of them, by how long it has been due: current, 1_to_30, 31_to_60, 61_to_90, over_90 days.",
)
CREDIT_NOTIFY_DEADLINE = MetricName(
    "sla_credit_notify_deadline_timestamp_seconds",
    "gauge",
    ("contract",),
    "Until when the next credit is to be notified, or should have been; absent without one.",
)
CREDIT_NOT_INVOICED = MetricName(
    "sla_credit_not_invoiced_months",
    "gauge",
    ("contract",),
    "Months whose credit is not on the invoice on which it was due.",
)
CREDIT_OVERDUE = MetricName(
    "sla_credit_overdue_months", "gauge", ("contract",), "Months whose credit is open and past due."
)
OBLIGATION_DUE = MetricName(
    "sla_obligation_due_timestamp_seconds",
    "gauge",
    _OBLIGATION,
    "Until when the next duty that is open and not late is due; absent without one.",
)
OBLIGATION_DUE_SOON = MetricName(
    "sla_obligation_due_soon",
    "gauge",
    _OBLIGATION,
    "1 while a duty is due soon, or due, and neither met nor excused; 0 otherwise.",
)
OBLIGATION_LATE = MetricName(
    "sla_obligation_late", "gauge", _OBLIGATION, "Days of an obligation that are late: neither met nor excused."
)
OBLIGATION_LATE_SINCE = MetricName(
    "sla_obligation_late_timestamp_seconds",
    "gauge",
    _OBLIGATION,
    "Since when the oldest of these is late; absent without one.",
)
MONTH_POINTS = MetricName(
    "sla_contract_month_points",
    "gauge",
    ("contract", "month"),
    "Service points of each of the last months; absent of months that nobody measured.",
)
MONTH_CREDIT = MetricName(
    "sla_contract_month_credit",
    "gauge",
    (*_MONEY, "month"),
    "What each of the last months cost, after caps; absent of months that nobody measured.",
)

BUILD_INFO = MetricName("sla_build_info", "gauge", ("python_version", "version"), "1; labels say what is running.")
START_TIME = MetricName("sla_start_timestamp_seconds", "gauge", (), "When the daemon started.")
RELOAD_OK = MetricName(
    "sla_config_last_reload_successful", "gauge", (), "1 when the last reading of configuration loaded."
)
SIGNED_DIFFER = MetricName(
    "sla_contract_signed_months_differ",
    "gauge",
    ("contract",),
    "Signed months whose figures would come out otherwise now.",
)
TERMS_PROBLEM = MetricName(
    "sla_contract_terms_problem",
    "gauge",
    ("contract", "problem"),
    "1 when the terms in force are not those of the contract's file, or nobody approved them; absent where no approval"
    " is required.",
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
LATENESS_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
LATENESS = MetricName(
    "sla_schedule_lateness_seconds", "histogram", (), "How long after its due instant each probe began."
)
MISSED = MetricName(
    "sla_schedule_missed", "counter", (), "Probes lost because the schedule was late or the host slept."
)
OVERRUN = MetricName(
    "sla_schedule_overrun", "counter", (), "Probes not begun because the one before was still under way."
)
CLOCK_STEPS = MetricName("sla_clock_steps", "counter", (), "Times the wall clock was set or the host slept.")
NAME_SERVER_ANSWERS = MetricName(
    "sla_name_server_answers", "gauge", (), "0 while the monitor's own name server answers nothing that is asked."
)
SITES = MetricName("sla_sites", "gauge", (), "Processes that probe.")
SITE_RESTARTS = MetricName(
    "sla_site_restarts",
    "counter",
    ("why",),
    "Processes that probe and had to be started again: ended, held, stopped, refused.",
)
ISOLATED_ENDPOINTS = MetricName(
    "sla_isolated_endpoints", "gauge", (), "Endpoints with a process of their own, because what they sent held others."
)
IN_FLIGHT = MetricName("sla_probes_in_flight", "gauge", (), "Probes under way.")
AWAITING_WITNESS = MetricName(
    "sla_observations_awaiting_witness", "gauge", (), "Failures that wait for the next round of the witnesses."
)
REFUSED_OBSERVATIONS = MetricName(
    "sla_refused_observations", "counter", (), "Impossible observations sent by a site; not recorded."
)
LINE_UP = MetricName("sla_line_up", "gauge", (), "1 while the server between here and the sites far away is connected.")
COLLECTOR_SPEAKS = MetricName(
    "sla_collector_speaks",
    "gauge",
    ("collector",),
    "Of a pair of collectors: 1 for the one that holds the lease and speaks, 0 for the one that follows.",
)
LEASE_UP = MetricName(
    "sla_lease_up",
    "gauge",
    ("collector",),
    "1 while this collector reaches the server that has the lease; without it, it follows.",
)
LEASE_REVISION = MetricName(
    "sla_lease_revision", "gauge", (), "Revision of the lease as this collector saw it last: it rises all the time."
)
ROLE_SINCE = MetricName(
    "sla_collector_role_since_timestamp_seconds", "gauge", (), "Since when this collector speaks, or follows."
)
COLLECTOR_FIT = MetricName(
    "sla_collector_fit",
    "gauge",
    ("collector",),
    "Of a pair of collectors: 1 while this one can record and make figures; 0: it leaves it to the other one to speak.",
)
TAKEOVERS = MetricName(
    "sla_collector_takeovers",
    "counter",
    ("collector",),
    "Times that this collector took the lease after the other one.",
)
FAR_CONNECTED = MetricName(
    "sla_far_site_connected", "gauge", ("place",), "1 while a site far away says how it is, 0 while it is cut off."
)
FAR_AHEAD = MetricName(
    "sla_far_site_clock_ahead_seconds",
    "gauge",
    ("place",),
    "By how much the clock of a site far away is ahead of ours; not there while it is cut off.",
)
FAR_WAITING = MetricName(
    "sla_far_site_waiting_observations",
    "gauge",
    ("place",),
    "Observations in the outbox of a site far away, as it last said: not recorded yet.",
)
FAR_BEHIND = MetricName(
    "sla_far_site_behind_seconds",
    "gauge",
    ("place", "collector"),
    "How old the oldest observation is that a collector of the pair does not have of a site far away: the site keeps"
    " it for that one.",
)
PAIR_IN_STEP = MetricName(
    "sla_pair_register_in_step",
    "gauge",
    (),
    "1 while the register has what is entered at either collector of the pair, 0 while it may lack some.",
)
PAIR_COMPARISONS = MetricName(
    "sla_pair_comparisons", "counter", (), "How often a day of this record was held against the other collector's."
)
PAIR_DIFFERENCES = MetricName(
    "sla_pair_differences", "gauge", (), "Days of which the two collectors of the pair do not have the same."
)
FAR_RECORDED = MetricName(
    "sla_far_site_recorded_observations", "counter", ("place",), "Observations of a site far away that were recorded."
)
FAR_AGAIN = MetricName(
    "sla_far_site_repeated_parcels",
    "counter",
    ("place",),
    "Messages of a site far away that had been recorded before, and were not again.",
)
FAR_LOST = MetricName(
    "sla_far_site_lost_observations",
    "counter",
    ("place",),
    "Observations that a site far away had no room for, or whose outbox is gone; their time is unknown there.",
)
FAR_REFUSED = MetricName(
    "sla_far_site_refused_observations",
    "counter",
    ("place", "why"),
    "What a site far away said and may not say: name, message, endpoint, past, future, content, pace.",
)
FAR_UP = MetricName(
    "sla_far_site_endpoint_up",
    "gauge",
    ("place", "contract", "service", "endpoint"),
    "1 when a site far away last found the endpoint up or degraded, 0 when down; not there while it is unknown.",
)
FAR_DOWN = MetricName(
    "sla_far_site_down_endpoints", "gauge", ("place",), "Endpoints that a site far away last found down."
)
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
LEDGER_FREE = MetricName(
    "sla_ledger_free_bytes", "gauge", (), "Free on the ledger's disk; not there while its folder cannot be asked."
)
LEDGER_LOG = MetricName(
    "sla_ledger_log_bytes", "gauge", (), "Of that, the write-ahead log: it grows while a reader keeps it from reuse."
)
LEDGER_HEAD = MetricName(
    "sla_ledger_head_info", "gauge", ("digest", "link"), "The last closed link of the record's chain, always 1."
)
LEDGER_HEAD_OBSERVATIONS = MetricName(
    "sla_ledger_head_observations", "gauge", (), "Observations up to the last closed link of the record's chain."
)
LEDGER_KEY_FAILING = MetricName(
    "sla_ledger_key_failing",
    "gauge",
    (),
    "1 while the key that signs the record cannot be used; 0 also where no key is configured.",
)
LEDGER_LEAD = MetricName(
    "sla_ledger_ahead_seconds",
    "gauge",
    (),
    "How far the record reaches into the future: the clock is behind, or was ahead. What is seen meanwhile is unknown.",
)
LEDGER_UNVERIFIED = MetricName(
    "sla_ledger_unverified",
    "gauge",
    ("by",),
    "1 while the record does not verify: while reading for figures (then refused), by night, or against published heads"
    " of its chain.",
)
LEDGER_VERIFIED_TIME = MetricName(
    "sla_ledger_verified_timestamp_seconds",
    "gauge",
    (),
    "When the whole record was last verified, by night; 0: not since the start.",
)
LEDGER_SAVED_ANEW = MetricName(
    "sla_ledger_saved_anew",
    "counter",
    (),
    "How often the files of the open ledger were removed, and the ledger was saved again in their place.",
)
ASSESSED = MetricName("sla_assessment_timestamp_seconds", "gauge", (), "When the figures were last worked out.")
ASSESS_DURATION = MetricName("sla_assessment_duration_seconds", "gauge", (), "How long that took.")
SILENCES = MetricName(
    "sla_silences", "gauge", (), "Silences in Alertmanager for permitted maintenance, those to come included."
)
SILENCES_FOREIGN = MetricName(
    "sla_silences_foreign",
    "gauge",
    (),
    "Active silences over alerts of ours for which nothing is booked.",
)
SILENCES_FAILING = MetricName(
    "sla_silences_failing", "gauge", (), "1 while Alertmanager does not take silences; 0 also where none are wanted."
)
WEBHOOK_FAILING = MetricName(
    "sla_webhook_failing", "gauge", ("webhook",), "1 while a receiver does not take what it is told."
)
WEBHOOK_MESSAGES = MetricName(
    "sla_webhook_messages",
    "counter",
    ("webhook", "outcome"),
    "Messages that receivers took, and attempts that they did not take.",
)
ARCHIVE_FAILING = MetricName(
    "sla_archive_failing", "gauge", (), "1 while days that are over cannot be sealed; 0 also where none are to be."
)
LOG_MESSAGES = MetricName("sla_log_messages", "counter", ("level",), "Log lines written, by level.")

ALL_METRICS: tuple[MetricName, ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, MetricName)
)

OF_EACH: tuple[MetricName, ...] = (
    BUILD_INFO, START_TIME, RELOAD_OK, RELOAD_TIME, MONITOR_ONLINE, NAME_SERVER_ANSWERS, PULSE, LATENESS, MISSED,
    OVERRUN, CLOCK_STEPS, SITES, SITE_RESTARTS, ISOLATED_ENDPOINTS, IN_FLIGHT, AWAITING_WITNESS, REFUSED_OBSERVATIONS,
    LINE_UP, COLLECTOR_SPEAKS, LEASE_UP, LEASE_REVISION, ROLE_SINCE, COLLECTOR_FIT, TAKEOVERS, PAIR_IN_STEP,
    PAIR_COMPARISONS, PAIR_DIFFERENCES, COMMITTED, DROPPED,
    OUT_OF_ORDER, PENDING, LEDGER_LAG, LEDGER_FAILING, LEDGER_SIZE, LEDGER_FREE, LEDGER_LOG, LEDGER_HEAD,
    LEDGER_HEAD_OBSERVATIONS,
    LEDGER_KEY_FAILING, LEDGER_LEAD, LEDGER_UNVERIFIED, LEDGER_VERIFIED_TIME, LEDGER_SAVED_ANEW, ASSESS_DURATION,
    ARCHIVE_FAILING, LOG_MESSAGES,
)  # fmt: skip
"""What each of a pair of collectors tells of itself. All other metrics are told by the one that speaks, once."""

# Recording rules: level:metric:operations. What ends in increase, delta or agreed is followed by its window (5m).
HOURS_RECORD = "service:sla_service_agreed_seconds:increase"
DOWNTIME_RECORD = "kpi:sla_kpi_downtime_seconds:period"
DELTA_RECORD = "kpi:sla_kpi_downtime_seconds:delta"


@dataclass(frozen=True, slots=True)
class AlertName:
    """An alert, and who hears of it: who deals with the supplier, with the contract, or with the monitor itself.

    `summary`: what is wrong while it fires. `over`: what is to be said once it does not; nothing that is not known.
    """

    name: str
    area: Literal["supplier", "contract", "monitor"]
    summary: str
    over: str


SERVICE_DOWN = AlertName(
    "SlaServiceDown",
    "supplier",
    "A service is down, by the contract's rule of confirmation.",
    "A service no longer counts as down.",
)
SERVICE_DEGRADED = AlertName(
    "SlaServiceDegraded", "supplier", "A service has been degraded for some time.", "A service is no longer degraded."
)
ENDPOINT_DOWN = AlertName(
    "SlaEndpointDown",
    "supplier",
    "Several probes of an endpoint in a row have failed.",
    "An endpoint no longer counts as down.",
)
HEARTBEAT_SILENT = AlertName(
    "SlaHeartbeatSilent",
    "supplier",
    "A job of the supplier fails, is late or runs too long.",
    "A job of the supplier no longer counts as failing.",
)
JOURNEY_FAILING = AlertName(
    "SlaJourneyFailing",
    "supplier",
    "Several journeys through a service in a row have failed.",
    "Journeys through a service no longer count as failing.",
)
CERTIFICATE_EXPIRING = AlertName(
    "SlaCertificateExpiring",
    "supplier",
    "A certificate expires soon, or has expired.",
    "The certificate that was about to expire is no longer shown.",
)
MAINTENANCE = AlertName(
    "SlaMaintenance", "supplier", "Permitted maintenance is under way.", "Permitted maintenance has ended."
)
MAINTENANCE_OVERRUN = AlertName(
    "SlaMaintenanceOverrun",
    "supplier",
    "Maintenance is over, and the service has not come back.",
    "The outage after maintenance no longer counts.",
)
BURNS_FAST = AlertName(
    "SlaAllowanceBurnsFast",
    "supplier",
    "Downtime uses the KPI's allowance up very fast.",
    "Downtime no longer uses the KPI's allowance up very fast.",
)
BURNS = AlertName(
    "SlaAllowanceBurns",
    "supplier",
    "Downtime uses the KPI's allowance up too fast.",
    "Downtime no longer uses the KPI's allowance up too fast.",
)

RUNS_OUT = AlertName(
    "SlaAllowanceRunsOut",
    "contract",
    "At this rate the KPI's allowance will not last the period.",
    "The KPI's allowance no longer runs out at the present rate, or is already used up.",
)
KPI_BREACHED = AlertName(
    "SlaKpiBreached",
    "contract",
    "A KPI's figure so far breaks the promise.",
    "A KPI's figure no longer counts as missing its target.",
)
SIGNED_DIFFERS = AlertName(
    "SlaSignedMonthDiffers",
    "contract",
    "A month that was signed off would come out otherwise now.",
    "Every signed month comes out as it was signed.",
)
TRIGGER_NEAR = AlertName(
    "SlaTriggerNear",
    "contract",
    "Points or credits are close to setting off a trigger.",
    "Points or credits are no longer close to the trigger, or have set it off.",
)
TRIGGER_REACHED = AlertName(
    "SlaTriggerReached",
    "contract",
    "A trigger of the contract is set off.",
    "The trigger is not set off as the month stands now.",
)
CAP_NEAR = AlertName(
    "SlaCreditCapNear", "contract", "Credits are close to their cap.", "Credits are no longer close to their cap."
)
CLAIM_NEAR = AlertName(
    "SlaClaimDeadlineNear",
    "contract",
    "A credit lapses soon unless it is claimed.",
    "No credit lapses soon: it was claimed, or has lapsed.",
)
DECISION_PENDING = AlertName(
    "SlaDecisionPending",
    "contract",
    "A register entry has waited long for its decision.",
    "No register entry has waited long for its decision any more.",
)
REPORT_OVERDUE = AlertName(
    "SlaReportOverdue",
    "contract",
    "The report is due, and figures for it are missing.",
    "No figure is missing for a report that is due.",
)
CREDIT_NOT_NOTIFIED = AlertName(
    "SlaCreditNotNotified",
    "contract",
    "A credit is to be notified to the supplier soon, or should have been.",
    "Every credit that was to be notified soon was notified.",
)
CREDIT_NOT_ON_INVOICE = AlertName(
    "SlaCreditNotInvoiced",
    "contract",
    "A credit is not on the invoice on which it was due.",
    "No credit is missing on an invoice any more.",
)
CREDIT_PAST_DUE = AlertName(
    "SlaCreditOverdue", "contract", "A credit is open and past due.", "No credit is past due any more."
)
OBLIGATION_SOON = AlertName(
    "SlaObligationDueSoon",
    "contract",
    "A duty of the contract is due soon.",
    "The duty is no longer due soon: it was met, excused or put off, or is late.",
)
OBLIGATION_OVERDUE = AlertName(
    "SlaObligationLate",
    "contract",
    "A duty of the contract is late.",
    "No day of the duty is late any more: it was met, excused or put off.",
)

CONTRACT_UNWATCHED = AlertName(
    "SlaContractUnwatched",
    "monitor",
    "A contract is left to another collector, and none has it.",
    "A collector has the contract again.",
)
COVERAGE_LOW = AlertName(
    "SlaCoverageLow",
    "monitor",
    "Too little was seen of a service for its figure to count.",
    "Enough is seen of the service again.",
)
MONITOR_DOWN = AlertName(
    "SlaMonitorDown", "monitor", "Prometheus cannot scrape the monitor.", "Prometheus can scrape the monitor again."
)
MONITOR_BLIND = AlertName(
    "SlaMonitorBlind",
    "monitor",
    "The monitor is cut off: no witness answers.",
    "A witness answers again.",
)
NAME_SERVER_SILENT = AlertName(
    "SlaNameServerSilent",
    "monitor",
    "The monitor's own name server does not answer.",
    "The monitor's own name server answers again.",
)
NOT_PROBING = AlertName(
    "SlaMonitorNotProbing",
    "monitor",
    "The monitor has stopped probing.",
    "The monitor probes again.",
)
PROBE_BROKEN = AlertName(
    "SlaProbeBroken",
    "monitor",
    "Endpoints are not seen for a reason of the monitor's own.",
    "No endpoint is unseen any more for a reason of the monitor's own.",
)
SITE_RESTARTED = AlertName(
    "SlaSiteRestarted",
    "monitor",
    "A process that probes had to be started again.",
    "No process that probes had to be started again in the last half hour.",
)
OBSERVATIONS_REFUSED = AlertName(
    "SlaObservationsRefused",
    "monitor",
    "A site sent impossible observations; they are not recorded.",
    "No site sent impossible observations in the last half hour.",
)
SITE_CUT_OFF = AlertName(
    "SlaFarSiteCutOff", "monitor", "A site far away does not answer.", "The site far away answers again."
)
TOO_FEW_PLACES = AlertName(
    "SlaTooFewPlaces",
    "monitor",
    "Too few of our places see endpoints to tell an outage.",
    "Enough of our places see the endpoints again.",
)
SITE_CLOCK_SKEWED = AlertName(
    "SlaFarSiteClockSkewed",
    "monitor",
    "The clock of a site far away is wrong.",
    "The clock of the site far away is right again.",
)
SITE_LOST_OBSERVATIONS = AlertName(
    "SlaFarSiteLostObservations",
    "monitor",
    "A site far away has lost what it saw.",
    "No site far away has lost anything in the last half hour.",
)
SITE_REFUSED = AlertName(
    "SlaFarSiteRefused",
    "monitor",
    "A site far away says what it may not say.",
    "Nothing of a site far away was refused in the last half hour.",
)
COLLECTOR_DOWN = AlertName(
    "SlaCollectorDown",
    "monitor",
    "Prometheus cannot scrape one collector of the pair.",
    "Prometheus can scrape the collector again.",
)
NOBODY_SPEAKS = AlertName(
    "SlaNobodySpeaks",
    "monitor",
    "No collector of the pair speaks.",
    "A collector of the pair speaks again.",
)
TWO_SPEAK = AlertName(
    "SlaTwoSpeak", "monitor", "Both collectors of the pair speak.", "One collector of the pair speaks."
)
LEASE_UNREACHABLE = AlertName(
    "SlaLeaseUnreachable",
    "monitor",
    "A collector of the pair does not reach the server that has the lease.",
    "The collector reaches the server that has the lease again.",
)
COLLECTOR_UNFIT = AlertName(
    "SlaCollectorUnfit",
    "monitor",
    "A collector of the pair cannot record, or cannot make figures.",
    "Both collectors of the pair can record and make figures.",
)
TAKEN_OVER = AlertName(
    "SlaCollectorTookOver",
    "monitor",
    "The other collector of the pair has taken over.",
    "No collector has taken over in the last half hour.",
)
COLLECTOR_BEHIND = AlertName(
    "SlaCollectorBehind",
    "monitor",
    "A collector of the pair does not record what the sites see.",
    "Both collectors of the pair have what the sites see.",
)
PAIR_DIFFERS = AlertName(
    "SlaPairDiffers",
    "monitor",
    "The two collectors of the pair do not have the same record of a day.",
    "The records of the pair are equal again.",
)
PAIR_OUT_OF_STEP = AlertName(
    "SlaPairOutOfStep",
    "monitor",
    "The register of a collector may lack what is entered at the other one.",
    "Both registers of the pair have all entries again.",
)
MONITOR_LAGGING = AlertName(
    "SlaMonitorLagging",
    "monitor",
    "The monitor probes late, or not as often as it should.",
    "The monitor probes in time again.",
)
ENDPOINTS_UNTOLD = AlertName(
    "SlaEndpointsUntold",
    "monitor",
    "More endpoints fail than have series of their own.",
    "Every failing endpoint has series of its own again.",
)
ASSESSMENT_STALE = AlertName(
    "SlaAssessmentStale",
    "monitor",
    "The figures are not being updated.",
    "The figures are being updated again.",
)
LEDGER_ALERT = AlertName(
    "SlaLedgerFailing",
    "monitor",
    "The record cannot be written.",
    "The record can be written again.",
)
LEDGER_UNVERIFIED_ALERT = AlertName(
    "SlaLedgerUnverified",
    "monitor",
    "The record is not as it was recorded, or cannot be verified.",
    "The record verifies again.",
)
LEDGER_KEY_ALERT = AlertName(
    "SlaLedgerKeyFailing",
    "monitor",
    "The key that signs the record cannot be used.",
    "The key that signs the record can be used again.",
)
CLOCK_STEPPED_ALERT = AlertName(
    "SlaClockStepped",
    "monitor",
    "The monitor's clock was set, or its host slept.",
    "The monitor's clock was not set in the last half hour.",
)
RECORD_AHEAD = AlertName(
    "SlaRecordAhead",
    "monitor",
    "The record reaches into the future: the monitor's clock is behind, or was ahead.",
    "The record no longer reaches into the future.",
)
LEDGER_SAVED_ANEW_ALERT = AlertName(
    "SlaLedgerSavedAnew",
    "monitor",
    "Somebody removed files of the open ledger.",
    "Nobody removed files of the open ledger in the last half hour.",
)
LEDGER_DISK_FILLS = AlertName(
    "SlaLedgerDiskFills",
    "monitor",
    "The disk of the ledger is nearly full: then nothing is recorded.",
    "The disk of the ledger has room again.",
)
LEDGER_LOG_GROWS = AlertName(
    "SlaLedgerLogGrows",
    "monitor",
    "Somebody keeps the ledger's log from being reused, and the disk fills up.",
    "The ledger's log is being reused again.",
)
OBSERVATIONS_LOST = AlertName(
    "SlaObservationsLost",
    "monitor",
    "Observations could not be kept.",
    "No observation was lost in the last quarter of an hour.",
)
RELOAD_FAILED = AlertName(
    "SlaReloadFailed",
    "monitor",
    "The configuration on disk was not taken up.",
    "The configuration on disk was taken up.",
)
TERMS_NOT_APPROVED = AlertName(
    "SlaTermsNotApproved",
    "monitor",
    "A contract's terms in force are not those of its file, or were never approved.",
    "The contract's terms in force are approved, and those of its file.",
)
SILENCES_ALERT = AlertName(
    "SlaSilencesFailing",
    "monitor",
    "Booked maintenance does not reach Alertmanager.",
    "Booked maintenance reaches Alertmanager again.",
)
WEBHOOK_ALERT = AlertName(
    "SlaWebhookFailing",
    "monitor",
    "A receiver does not take what it is told.",
    "The receiver takes what it is told again.",
)
SILENCED_BY_HAND = AlertName(
    "SlaSilencedByHand",
    "monitor",
    "Somebody has silenced alerts of ours by hand.",
    "No alert of ours is silenced by hand any more.",
)
ARCHIVE_ALERT = AlertName(
    "SlaArchiveFailing", "monitor", "Days that are over are not sealed.", "Days that are over are being sealed again."
)
KPI_UNANSWERED = AlertName(
    "SlaKpiUnanswered",
    "monitor",
    "A KPI's figure cannot be had from its Prometheus.",
    "A KPI's figure can be had from its Prometheus again.",
)
WATCHDOG = AlertName(
    "SlaWatchdog",
    "monitor",
    "Always firing: it shows that alerts arrive.",
    "The watchdog has stopped: no other alert can be relied upon to arrive.",
)

ALL_ALERTS: tuple[AlertName, ...] = tuple(value for value in list(globals().values()) if isinstance(value, AlertName))
