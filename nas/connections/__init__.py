"""Finding optimal connections: a genetic algorithm over the connection matrix of a sparse network."""
