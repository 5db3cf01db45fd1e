"""Writes: exports asked for, worked on, lost and deleted."""
