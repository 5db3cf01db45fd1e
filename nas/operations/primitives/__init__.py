"""Primitives by family: each says, side by side, its shape, its costs and the torch module it is. No torch is imported here."""
