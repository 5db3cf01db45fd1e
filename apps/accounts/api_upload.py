"""Uploads through the API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from apps.accounts.api_errors import PayloadTooLarge
from apps.accounts.api_view import ApiView

FORM_BYTES = 1024 * 1024
"""What a multipart body may have beside its files."""


class UploadView(ApiView):
    """Takes files as multipart/form-data, and refuses a body that is too long before it is read."""

    parser_classes = (MultiPartParser,)

    def limit_bytes(self) -> int:
        """What the files may have together."""
        limit: int = settings.NASWEB_UPLOAD_LIMIT_BYTES
        return limit

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        limit = self.limit_bytes()
        length = str(request.META.get("CONTENT_LENGTH") or 0)
        if not length.isdigit() or int(length) > limit + FORM_BYTES:
            raise PayloadTooLarge(_("At most %(limit)s can be uploaded.") % {"limit": filesizeformat(limit)})
        super().initial(request, *args, **kwargs)
