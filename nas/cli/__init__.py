"""The command line: catalogue, describe, sample, search. The only room of the engine that prints."""
