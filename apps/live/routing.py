"""Routes of the sockets."""

from django.urls import path

from apps.live.consumers import HomeConsumer, RunConsumer

websocket_urlpatterns = [
    path("ws/runs/<int:run_id>/", RunConsumer.as_asgi(), name="ws-run"),
    path("ws/home/", HomeConsumer.as_asgi(), name="ws-home"),
]
