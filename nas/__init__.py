"""The engine: search spaces, strategies, estimators, problems. Knows nothing of Django, Celery or HTTP."""

__version__ = "0.1.0"
