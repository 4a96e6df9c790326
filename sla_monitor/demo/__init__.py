"""A simulated supplier estate, so that a newcomer sees the whole thing run. Real servers, on loopback only."""
