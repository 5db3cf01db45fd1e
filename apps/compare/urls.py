"""Routes below compare/."""

from django.urls import path

from apps.compare import views

app_name = "compare"
urlpatterns = [
    path("", views.page, name="page"),
    path("choices/", views.choices, name="choices"),
    path("results/", views.results, name="results"),
    path("series.json", views.series, name="series"),
    path("comparison.json", views.whole, name="whole"),
    path("table.csv", views.table, name="table"),
]
