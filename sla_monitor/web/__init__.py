"""Tells people: the status page and the HTTP endpoints. Owns tornado, bcrypt and jinja2."""

from sla_monitor.web.page.pack_list import ReviewPack
from sla_monitor.web.page.subject import PageLinks
from sla_monitor.web.page_record import PageRecord
from sla_monitor.web.serving.health import Health
from sla_monitor.web.serving.limits import Limits
from sla_monitor.web.serving.server import Web

__all__ = ["Health", "Limits", "PageLinks", "PageRecord", "ReviewPack", "Web"]
