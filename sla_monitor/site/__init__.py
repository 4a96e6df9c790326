"""A place that probes, in a process of its own.

It has the schedule, one event loop and the probers, and hands what it saw to the collector. It parses the suppliers'
bytes; the process that holds the record never does.
"""
