"""Reads: lists, what a form may offer, which runs use a data set."""
