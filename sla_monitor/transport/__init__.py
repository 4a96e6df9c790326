"""How observations travel from a site to the collector, and the terms the other way.

On one host that is a socket pair with frames of MessagePack; to sites far away it is `line.py`. What comes up from a
site is decoded into the types of `messages.py` and into nothing else: a site handles a supplier's bytes, and may have
been taken over by them.
"""

from sla_monitor.transport.frames import LARGEST_FROM_SITE, Frames, MessageError, framed
from sla_monitor.transport.messages import (
    PURPOSE,
    Answer,
    Assigned,
    Assignment,
    Batch,
    FarPulse,
    FromSite,
    Parcel,
    Pulse,
    Signed,
    SiteTerms,
    decode_assignment,
    decode_from_afar,
    decode_from_site,
    decode_observation,
    decode_signed,
    decode_to_site,
    encode,
)
from sla_monitor.transport.parts import Assembly, in_parts
from sla_monitor.transport.shared import MOST_ENDPOINTS, HostWords, SiteWords

__all__ = [
    "LARGEST_FROM_SITE",
    "MOST_ENDPOINTS",
    "PURPOSE",
    "Answer",
    "Assembly",
    "Assigned",
    "Assignment",
    "Batch",
    "FarPulse",
    "Frames",
    "FromSite",
    "HostWords",
    "MessageError",
    "Parcel",
    "Pulse",
    "Signed",
    "SiteTerms",
    "SiteWords",
    "decode_assignment",
    "decode_from_afar",
    "decode_from_site",
    "decode_observation",
    "decode_signed",
    "decode_to_site",
    "encode",
    "framed",
    "in_parts",
]  # fmt: skip
