"""Operations by family: each says, side by side, how it is built and what it costs. Importing this room imports no torch."""
