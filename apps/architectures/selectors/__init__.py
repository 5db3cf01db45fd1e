"""Reads: what is known of an architecture."""
