"""Fakes of our own ports."""
