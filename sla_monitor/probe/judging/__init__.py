"""Judging an answer within bounds: in the loop, or in a process of its own."""
