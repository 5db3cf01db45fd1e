from django.urls import path

from apps.spaces import views

app_name = "spaces"
urlpatterns = [
    path("", views.space_list, name="list"),
    path("save/", views.space_save, name="save"),
    path("<int:space_id>/", views.space_detail, name="detail"),
    path("<int:space_id>/share/", views.space_share, name="share"),
    path("<int:space_id>/delete/", views.space_remove, name="delete"),
]
