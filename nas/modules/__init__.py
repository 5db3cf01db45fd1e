"""Torch modules that builders assemble. Imported inside builders only: importing this room imports torch."""
