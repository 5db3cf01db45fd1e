"""Reads: what can be studied, what was found."""
