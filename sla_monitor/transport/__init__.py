"""How observations travel from a site to the collector, and the terms the other way.

On one host that is a socket pair with frames of MessagePack. What comes up from a site is decoded into the types of
`messages.py` and into nothing else: a site handles a supplier's bytes, and may have been taken over by them.
"""

from sla_monitor.transport.frames import LARGEST_FROM_SITE, Frames, MessageError, framed
from sla_monitor.transport.messages import (
    Assigned,
    Assignment,
    Batch,
    FromSite,
    Pulse,
    decode_assignment,
    decode_from_site,
    encode,
)
from sla_monitor.transport.shared import MOST_ENDPOINTS, HostWords, SiteWords

__all__ = [
    "LARGEST_FROM_SITE",
    "MOST_ENDPOINTS",
    "Assigned",
    "Assignment",
    "Batch",
    "Frames",
    "FromSite",
    "HostWords",
    "MessageError",
    "Pulse",
    "SiteWords",
    "decode_assignment",
    "decode_from_site",
    "encode",
    "framed",
]
