"""`python -m sla_monitor` is `sla-monitor`."""

from sla_monitor.cli import main

main()
