"""Routes of the sockets."""

from django.urls import path

from apps.live.consumers import HomeConsumer, RunConsumer

# The stubs of path() know views only; URLRouter takes ASGI applications in their place.
websocket_urlpatterns = [
    path("ws/runs/<int:run_id>/", RunConsumer.as_asgi(), name="ws-run"),  # type: ignore[arg-type]
    path("ws/home/", HomeConsumer.as_asgi(), name="ws-home"),  # type: ignore[arg-type]
]
