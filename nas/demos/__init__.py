"""Worked examples that run in an instant: no network, no training."""
