"""The ASGI application: pages and API over HTTP, live frames over WebSockets."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nasweb.settings")
pages = get_asgi_application()  # sets Django up; the consumers below need the models

from apps.live.routing import websocket_urlpatterns  # noqa: E402
from nasweb.origin import SameOriginOnly  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": pages,
        "websocket": SameOriginOnly(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),  # type: ignore[arg-type]  # see its stub
    }
)
