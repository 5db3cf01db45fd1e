"""Writes: saving and forgetting a space."""
