"""What spaces of block cells share: NASNet, AmoebaNet, PNAS, ENAS, and whatever else combines two operations per block."""
