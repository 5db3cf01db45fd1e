"""Reads: what there is, what can be asked for."""
