"""Mutated answers, a great many: none is UNKNOWN, none ends in a traceback, none ends late. `make fuzz` runs it.

Each module has `run(count, seed)`, which returns what failed in words, and notes what came in `log.LOG`. A case is made
of the seed and its number alone, so a failure can be made again.
"""
