"""The routes of the site. Each app owns what lies below its prefix; `accounts` and `runs` begin at the root."""

from django.urls import include, path
from django.views.i18n import JavaScriptCatalog

from nasweb.favicon import favicon
from nasweb.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("favicon.ico", favicon, name="favicon"),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="jsi18n"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/v1/", include("nasweb.api_urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.runs.urls")),  # the home page and runs/…
    path("compare/", include("apps.compare.urls")),
    path("datasets/", include("apps.datasets.urls")),
    path("spaces/", include("apps.spaces.urls")),
    path("architectures/", include("apps.architectures.urls")),
    path("architectures/", include("apps.exports.urls")),
    path("latency/", include("apps.latency.urls")),
    path("studies/", include("apps.studies.urls")),
    path("methods/", include("apps.methods.urls")),
    path("workers/", include("apps.workers.urls")),
]
