from django.urls import path

from apps.architectures import views

app_name = "architectures"
urlpatterns = [
    path("diff/", views.diff, name="diff"),
    path("<slug:key>/", views.detail, name="detail"),
    path("<slug:key>/graph.svg", views.graph, name="graph"),
]
