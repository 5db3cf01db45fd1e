from django.urls import path

from apps.studies import views

app_name = "studies"
urlpatterns = [
    path("runs/<int:run_id>/", views.of_run, name="of_run"),
    path("runs/<int:run_id>/new/<slug:kind>/", views.new, name="new"),
    path("<int:study_id>/", views.detail, name="detail"),
    path("<int:study_id>/known.json", views.known, name="known"),
    path("<int:study_id>/drawings/<slug:name>.svg", views.drawing, name="drawing"),
    path("<int:study_id>/cancel/", views.cancel, name="cancel"),
    path("<int:study_id>/go-on/", views.go_on, name="go_on"),
    path("<int:study_id>/delete/", views.remove, name="delete"),
]
