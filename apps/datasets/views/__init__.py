"""Pages of data sets and benchmark tables."""
