"""Writes about workers."""
