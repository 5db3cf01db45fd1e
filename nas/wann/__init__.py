"""Weight agnostic networks: topologies that work whatever value all their connections share. Gaier and Ha 2019, arXiv 1906.04358."""
