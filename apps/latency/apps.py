from django.apps import AppConfig


class LatencyConfig(AppConfig):
    name = "apps.latency"
    label = "latency"
