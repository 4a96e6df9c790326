"""From results to money: points and credits, caps, triggers, claims; month after month."""
