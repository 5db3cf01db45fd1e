"""Routes below methods/."""

from django.urls import path

from apps.methods import views

app_name = "methods"
urlpatterns = [
    path("", views.method_list, name="list"),
    path("images/<str:name>", views.image, name="image"),
    path("<slug:name>/", views.page, name="page"),
]
