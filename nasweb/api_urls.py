"""The routes of the API, version 1."""

from django.urls import path, re_path

from apps.accounts import access
from apps.accounts import api as accounts
from apps.accounts.api_schema import SchemaView
from apps.accounts.api_sharing import SharingView
from apps.accounts.api_view import UnknownRoute
from apps.architectures import api as architectures
from apps.compare.api import CompareView
from apps.datasets import api as datasets
from apps.exports import api as exports
from apps.latency import api as latency
from apps.live import api as live
from apps.runs import api as runs
from apps.runs import api_trials as trials
from apps.runs.api_catalogue import CatalogueView
from apps.runs.verbs import VERBS
from apps.spaces import api as spaces
from apps.studies import api as studies
from apps.workers.api import WorkerListView

SHARED = {
    "runs": access.run_get_for,
    "datasets": access.dataset_get_for,
    "tables": access.table_get_for,
    "saved-spaces": access.saved_space_get_for,
    "latency-tables": access.latency_table_get_for,
}

app_name = "api"
urlpatterns = [
    path("schema/", SchemaView.as_view(), name="schema"),
    path("catalogue/", CatalogueView.as_view(), name="catalogue"),
    path("me/", accounts.MeView.as_view(), name="me"),
    path("tokens/", accounts.TokenListView.as_view(), name="tokens"),
    path("tokens/<int:token_id>/", accounts.TokenView.as_view(), name="token"),
    path("teams/", accounts.TeamListView.as_view(), name="teams"),
    path("teams/<int:team_id>/", accounts.TeamView.as_view(), name="team"),
    path("teams/<int:team_id>/members/", accounts.MemberListView.as_view(), name="members"),
    path("teams/<int:team_id>/members/<int:user_id>/", accounts.MemberView.as_view(), name="member"),
    path("datasets/", datasets.DataSetListView.as_view(), name="datasets"),
    path("datasets/<int:dataset_id>/", datasets.DataSetView.as_view(), name="dataset"),
    path("tables/", datasets.TableListView.as_view(), name="tables"),
    path("tables/<int:table_id>/", datasets.TableView.as_view(), name="table"),
    path("tables/<int:table_id>/description/", datasets.TableDescriptionView.as_view(), name="table_description"),
    path("latency-tables/", latency.LatencyTableListView.as_view(), name="latency_tables"),
    path("latency-tables/import/", latency.LatencyImportView.as_view(), name="latency_import"),
    path("latency-tables/<int:latency_id>/", latency.LatencyTableView.as_view(), name="latency_table"),
    path("latency-tables/<int:latency_id>/rows/", latency.LatencyRowsView.as_view(), name="latency_rows"),
    path("latency-tables/<int:latency_id>/cancel/", latency.LatencyCancelView.as_view(), name="latency_cancel"),
    path("latency-tables/<int:latency_id>/go-on/", latency.LatencyGoOnView.as_view(), name="latency_go_on"),
    path("spaces/preview/", spaces.SpacePreviewView.as_view(), name="space_preview"),
    path("spaces/describe/", spaces.SpaceDescribeView.as_view(), name="space_describe"),
    path("saved-spaces/", spaces.SavedSpaceListView.as_view(), name="saved_spaces"),
    path("saved-spaces/<int:space_id>/", spaces.SavedSpaceView.as_view(), name="saved_space"),
    path("runs/", runs.RunListView.as_view(), name="runs"),
    path("runs/<int:run_id>/", runs.RunView.as_view(), name="run"),
    *(
        path(f"runs/<int:run_id>/{verb}/", runs.RunVerbView.as_view(verb=verb), name=f"run_{verb.replace('-', '_')}")
        for verb in VERBS
    ),
    path("runs/<int:run_id>/record/", runs.RunRecordView.as_view(), name="run_record"),
    path("runs/<int:run_id>/baseline/", runs.RunBaselineView.as_view(), name="run_baseline"),
    path("runs/<int:run_id>/architectures/", runs.RunArchitectureView.as_view(), name="run_architectures"),
    path("runs/<int:run_id>/steering/", runs.RunSteeringView.as_view(), name="run_steering"),
    path("runs/<int:run_id>/studies/", studies.StudyListView.as_view(), name="run_studies"),
    path("studies/<int:study_id>/", studies.StudyView.as_view(), name="study"),
    path("studies/<int:study_id>/cancel/", studies.StudyCancelView.as_view(), name="study_cancel"),
    path("studies/<int:study_id>/go-on/", studies.StudyGoOnView.as_view(), name="study_go_on"),
    path("runs/<int:run_id>/snapshot/", live.SnapshotView.as_view(), name="run_snapshot"),
    path("runs/<int:run_id>/events/", live.EventListView.as_view(), name="run_events"),
    path("runs/<int:run_id>/lineage/", trials.LineageView.as_view(), name="run_lineage"),
    path("runs/<int:run_id>/front/", trials.FrontView.as_view(), name="run_front"),
    path("runs/<int:run_id>/trials/", trials.TrialListView.as_view(), name="trials"),
    path("runs/<int:run_id>/trials/<int:replica>/<int:number>/", trials.TrialView.as_view(), name="trial"),
    path("runs/<int:run_id>/trials/<int:replica>/<int:number>/curve/", trials.CurveView.as_view(), name="curve"),
    path(
        "runs/<int:run_id>/trials/<int:replica>/<int:number>/lineage/",
        trials.AncestryView.as_view(),
        name="trial_lineage",
    ),
    *(
        path(
            f"{noun}/<int:pk>/sharing/", SharingView.as_view(get_for=get_for), name=f"{noun}_sharing".replace("-", "_")
        )
        for noun, get_for in SHARED.items()
    ),
    path("architectures/diff/", architectures.ArchitectureDiffView.as_view(), name="architecture_diff"),
    path("architectures/<slug:key>/", architectures.ArchitectureView.as_view(), name="architecture"),
    path(
        "architectures/<slug:key>/trials/", architectures.ArchitectureTrialsView.as_view(), name="architecture_trials"
    ),
    path("architectures/<slug:key>/graph/", architectures.ArchitectureGraphView.as_view(), name="architecture_graph"),
    path("architectures/<slug:key>/paths/", architectures.ArchitecturePathsView.as_view(), name="architecture_paths"),
    path("architectures/<slug:key>/graph.svg", architectures.ArchitectureSvgView.as_view(), name="architecture_svg"),
    path("architectures/<slug:key>/description/", exports.DescriptionView.as_view(), name="architecture_description"),
    path("architectures/<slug:key>/exports/", exports.ExportListView.as_view(), name="exports"),
    path("architectures/<slug:key>/exports/<int:export_id>/", exports.ExportView.as_view(), name="export"),
    path(
        "architectures/<slug:key>/exports/<int:export_id>/retry/",
        exports.ExportRetryView.as_view(),
        name="export_retry",
    ),
    path(
        "architectures/<slug:key>/exports/<int:export_id>/files/<slug:kind>/",
        exports.ExportFileView.as_view(),
        name="export_file",
    ),
    path("compare/", CompareView.as_view(), name="compare"),
    path("workers/", WorkerListView.as_view(), name="workers"),
    re_path(r"", UnknownRoute.as_view(), name="unknown"),
]
