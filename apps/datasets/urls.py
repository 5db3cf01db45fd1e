from django.urls import path

from apps.datasets.views import dataset, table

app_name = "datasets"
urlpatterns = [
    path("", dataset.dataset_list, name="list"),
    path("new/", dataset.dataset_new, name="new"),
    path("bundled/<slug:reference>/", dataset.bundled_detail, name="bundled"),
    path("<int:dataset_id>/", dataset.dataset_detail, name="detail"),
    path("<int:dataset_id>/share/", dataset.dataset_share, name="share"),
    path("<int:dataset_id>/delete/", dataset.dataset_remove, name="delete"),
    path("tables/new/", table.table_new, name="table_new"),
    path("tables/<int:table_id>/", table.table_detail, name="table"),
    path("tables/<int:table_id>/columns/", table.table_columns, name="table_columns"),
    path("tables/<int:table_id>/share/", table.table_share, name="table_share"),
    path("tables/<int:table_id>/delete/", table.table_remove, name="table_delete"),
]
