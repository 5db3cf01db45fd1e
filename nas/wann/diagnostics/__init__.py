"""Why a topology can or cannot be tuned by gradients: slopes of its nodes, lengths of its paths."""
