"""The home page and everything below runs/."""

from django.urls import path

from apps.live import views as live
from apps.runs.views import baseline, detail, home, lineage, specialise, steer, trials, verbs
from apps.runs.wizard.urls import urlpatterns as wizard

app_name = "runs"
urlpatterns = [
    path("", home.home, name="home"),
    path("runs/rows/", home.home_rows, name="home_rows"),
    *wizard,
    path("runs/<int:run_id>/", detail.detail, name="detail"),
    path("runs/<int:run_id>/snapshot.json", live.snapshot, name="snapshot"),
    path("runs/<int:run_id>/events.json", live.events, name="events"),
    path("runs/<int:run_id>/record.json", detail.record, name="record"),
    path("runs/<int:run_id>/configuration.yaml", detail.configuration, name="configuration"),
    path("runs/<int:run_id>/reported/", detail.reported, name="reported"),
    path("runs/<int:run_id>/baseline/", baseline.baseline, name="baseline"),
    path("runs/<int:run_id>/views/", detail.views, name="views"),
    path("runs/<int:run_id>/views/<int:replica>/derived/<slug:name>.svg", detail.derived, name="derived"),
    path("runs/<int:run_id>/lineage.json", lineage.columns, name="lineage_columns"),
    path("runs/<int:run_id>/trials/", trials.trials, name="trials"),
    path("runs/<int:run_id>/trials/best/", trials.best, name="trial_best"),
    path("runs/<int:run_id>/trials/<int:replica>/<int:number>/", trials.trial, name="trial"),
    path("runs/<int:run_id>/trials/<int:replica>/<int:number>/curve.json", trials.curve, name="curve"),
    path("runs/<int:run_id>/trials/<int:replica>/<int:number>/lineage/", lineage.walk, name="lineage"),
    path("runs/<int:run_id>/trials/<int:replica>/<int:number>/step/", lineage.step, name="lineage_step"),
    path("runs/<int:run_id>/trials/<int:replica>/<int:number>/retry/", verbs.trial_retry, name="trial_retry"),
    path("runs/<int:run_id>/delete/", verbs.delete, name="delete"),
    path("runs/<int:run_id>/specialise/", specialise.specialise, name="specialise"),
    path("runs/<int:run_id>/steer/", steer.panel, name="steer"),
    path("runs/<int:run_id>/steer/kept/", steer.kept, name="steer_kept"),
    path("runs/<int:run_id>/steer/<slug:what>/", steer.change, name="steer_change"),
    path("runs/<int:run_id>/<slug:verb>/", verbs.verb, name="verb"),
]
