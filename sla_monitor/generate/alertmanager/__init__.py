"""Everything that Alertmanager needs, one module for each part of its configuration."""
