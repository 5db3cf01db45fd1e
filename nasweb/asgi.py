"""The ASGI application: pages and API over HTTP, live frames over WebSockets."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nasweb.settings")
pages = get_asgi_application()  # sets Django up; the consumers below need the models

from django.conf import settings  # noqa: E402

from apps.live.routing import websocket_urlpatterns  # noqa: E402
from nasweb.body_limit import BodyLimit  # noqa: E402
from nasweb.origin import SameOriginOnly  # noqa: E402

FORM_BYTES = 1024 * 1024  # what a form may have beside its files

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(pages, limit_bytes=settings.NASWEB_UPLOAD_LIMIT_BYTES + FORM_BYTES),
        "websocket": SameOriginOnly(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),  # type: ignore[arg-type]  # see its stub
    }
)
