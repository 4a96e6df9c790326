"""`python -m sla_monitor.site`: how the collector starts a site of its own host (`daemon/sites.py`)."""

from sla_monitor.site.process import main

if __name__ == "__main__":
    main()
