from django.urls import path

from apps.spaces.views import architecture, kinds, saved

app_name = "spaces"
urlpatterns = [
    path("", kinds.space_list, name="list"),
    path("kinds/<slug:name>/", kinds.kind, name="kind"),
    path("kinds/<slug:name>/architecture/", architecture.architecture, name="architecture"),
    path("kinds/<slug:name>/architecture/send/", architecture.architecture_send, name="architecture_send"),
    path("save/", saved.space_save, name="save"),
    path("<int:space_id>/", saved.space_detail, name="detail"),
    path("<int:space_id>/share/", saved.space_share, name="share"),
    path("<int:space_id>/delete/", saved.space_remove, name="delete"),
]
