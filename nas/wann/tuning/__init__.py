"""Ways to give one topology its weights, all with the same budget. Gaier and Ha 2019, arXiv 1906.04358, and beside it."""
