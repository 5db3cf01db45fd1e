"""Reads: what a space holds, which saved spaces a person may use."""
