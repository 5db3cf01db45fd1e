"""Networks that hold all architectures of a space at once, and how they are trained, read and searched."""
