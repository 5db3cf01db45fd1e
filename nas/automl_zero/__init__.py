"""AutoML-Zero: whole learning algorithms as programs of simple operations, searched by evolution (arXiv 2003.03384)."""
