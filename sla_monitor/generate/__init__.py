"""Terms -> files for Prometheus, Alertmanager and Grafana: what they ask for, and when they call. Pure."""
