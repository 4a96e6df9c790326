"""Numbers, units, durations, instants and names for people: one rule for each, and every screen uses it.

Page, pack, terminal, claim, mails and silences read their texts here, dashboards their mappings. A displayed figure
never looks better than the figure is, and unknown is never a number.
"""
