"""The open SLA monitor: what was promised, what did we see, what does it mean, who is told."""

__version__ = "0.1.0"
