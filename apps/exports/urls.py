"""Below architectures/."""

from django.urls import path

from apps.exports import views

app_name = "exports"
urlpatterns = [
    path("<slug:key>/exports/", views.exports, name="section"),
    path("<slug:key>/exports/<int:export_id>/again/", views.again, name="again"),
    path("<slug:key>/exports/<int:export_id>/<slug:kind>/", views.file, name="file"),
    path("<slug:key>/architecture.json", views.description, name="description"),
]
