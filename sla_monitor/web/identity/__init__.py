"""Who asks: people and scripts, how they are known, their sessions, and what they may do."""
