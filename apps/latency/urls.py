from django.urls import path

from apps.latency.views import table

app_name = "latency"
urlpatterns = [
    path("", table.table_list, name="list"),
    path("new/", table.table_new, name="new"),
    path("import/", table.table_import, name="import"),
    path("<int:latency_id>/", table.table_detail, name="detail"),
    path("<int:latency_id>/table.csv", table.table_csv, name="csv"),
    path("<int:latency_id>/cancel/", table.table_cancel, name="cancel"),
    path("<int:latency_id>/go-on/", table.table_go_on, name="go_on"),
    path("<int:latency_id>/share/", table.table_share, name="share"),
    path("<int:latency_id>/delete/", table.table_remove, name="delete"),
]
