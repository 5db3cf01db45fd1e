"""Writes: studies asked for, carried out, deleted."""
