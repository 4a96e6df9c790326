"""Tells people: the status page and the HTTP endpoints. Owns tornado, bcrypt and jinja2."""

from sla_monitor.web.health import Health
from sla_monitor.web.packs import ReviewPack
from sla_monitor.web.server import Web
from sla_monitor.web.site import Limits

__all__ = ["Health", "Limits", "ReviewPack", "Web"]
