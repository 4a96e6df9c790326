"""The daemon's own settings (`config/sla-monitor.yaml`): where it listens, what it reads, where it keeps."""

from __future__ import annotations

from sla_monitor.settings.alerting import Alerting, Alertmanager, Burn, Links
from sla_monitor.settings.archiving import ArchiveSettings, TimeStamps
from sla_monitor.settings.collectors import Collectors
from sla_monitor.settings.reviews import Mail, Reviews
from sla_monitor.settings.settings import LedgerSettings, Settings, Witness, is_missing, load_settings
from sla_monitor.settings.sites import SiteSettings

__all__ = [
    "Alerting", "Alertmanager", "ArchiveSettings", "Burn", "Collectors", "LedgerSettings", "Links", "Mail", "Reviews",
    "Settings", "SiteSettings", "TimeStamps", "Witness", "is_missing", "load_settings",
]  # fmt: skip
