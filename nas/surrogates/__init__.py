"""Models of quality that are learned during a search: numpy in double precision, no torch, a function of data and generator."""
