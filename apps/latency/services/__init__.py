"""Writes: latency tables asked for, measured, imported, deleted."""
