"""Reads: tables, devices, what a page draws of a table."""
