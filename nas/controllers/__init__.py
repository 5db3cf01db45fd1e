"""Policies that write architectures decision by decision, in numpy: the control side stays free of torch."""
