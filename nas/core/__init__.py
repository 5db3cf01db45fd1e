"""Values and protocols that every other room of the engine speaks."""
