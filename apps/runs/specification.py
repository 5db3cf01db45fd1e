"""What a person asked for, under the name by which pages, API and tasks know it. It is declared beside the registry, so
that the command line reads the same configurations."""

from nas.specification import Choice, RunSpecification

__all__ = ["Choice", "RunSpecification"]
