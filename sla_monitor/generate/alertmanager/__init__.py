"""Everything Alertmanager needs: who hears of what and when, and what keeps quiet because of something else."""
