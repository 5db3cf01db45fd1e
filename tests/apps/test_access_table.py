"""Who gets what: every route x method x person, as a table.

A new route needs one line in ROUTES: its name, and for each method what the five people get. Methods that are not listed
must be refused to everybody. All five ask for the same things with the same body, so a refusal cannot have another cause.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from apps.accounts.models import User
from apps.charts.choices_map import genotype_name
from apps.live.routing import websocket_urlpatterns
from apps.workers.models import Worker
from nasweb.asgi import application
from tests.apps.runs.driver import toy_values
from tests.apps.world import GENOTYPE, PEOPLE, World, make_world
from tests.settings import DATABASE_KIND
from tests.support.toy_registry import TOYS, registered

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
SIGN_IN = 302  # pages send the anonymous to the sign-in page
Statuses = tuple[int, int, int, int, int]


def to(anonymous: int, outsider: int, viewer: int, member: int, admin: int) -> Statuses:
    return (anonymous, outsider, viewer, member, admin)


def all_get(status: int) -> Statuses:
    return to(*(status,) * 5)


def page(status: int = 200) -> Statuses:
    """Everybody signed in."""
    return to(SIGN_IN, status, status, status, status)


def page_for(*, viewer: int = 404, member: int = 404, admin: int = 404) -> Statuses:
    return to(SIGN_IN, 404, viewer, member, admin)


def api(status: int = 200) -> Statuses:
    return to(401, status, status, status, status)


def api_for(*, viewer: int = 404, member: int = 404, admin: int = 404) -> Statuses:
    return to(401, 404, viewer, member, admin)


SEEN = page_for(viewer=200, member=200, admin=200)
API_SEEN = api_for(viewer=200, member=200, admin=200)


def worked(status: int = 302) -> Statuses:
    """Members and admins."""
    return page_for(member=status, admin=status)


def api_worked(status: int = 200) -> Statuses:
    return api_for(member=status, admin=status)


def page_new() -> Statuses:
    """Made in the team that the form names; to others it is not offered."""
    return to(SIGN_IN, 422, 422, 302, 302)


def api_new(status: int = 201) -> Statuses:
    """Made in the team that the body names; who may not is told at the field."""
    return to(401, 400, 400, status, status)


@dataclass(frozen=True)
class Route:
    """`methods`: what the people of PEOPLE get, in that order. `body`, `form`, `kwargs`, `query`: from the world, when needed."""

    methods: dict[str, Statuses]
    body: Callable[[World], Any] | None = None  # sent as JSON
    form: Callable[[World], dict[str, Any]] | None = None  # sent as a form
    kwargs: Callable[[World], dict[str, Any]] = lambda world: {}
    query: Callable[[World], dict[str, str]] = lambda world: {}


def get(statuses: Statuses) -> Route:
    return Route({"GET": statuses})


def shared(noun: str) -> Route:
    return Route(
        {"GET": api_worked(), "PUT": api_worked()},
        body=lambda w: {"visibility": "team", "shared_with": []},
        kwargs=lambda w: {"pk": w.kwargs[noun]},
    )


def dataset_upload(world: World) -> dict[str, Any]:
    return {"team": world.team.pk, "name": "new", "files": [SimpleUploadedFile("data.npz", b"data")]}


def table_upload(world: World) -> dict[str, Any]:
    csv = SimpleUploadedFile("table.csv", b"arch_str,val_acc\n")
    known = {"space_name": "nasbench201", "source": "a test", "licence": "none"}
    return {"team": world.team.pk, "name": "new", **known, "files": [csv]}


def latency_upload(world: World) -> dict[str, Any]:
    csv = SimpleUploadedFile("table.csv", b"# device: a phone\nkey,median_ms\na,1\n")
    return {"team": world.team.pk, "name": "new", "files": [csv]}


def living_worker(world: World) -> int:
    """The world is older than a heartbeat by now."""
    Worker.objects.filter(pk=world.kwargs["worker_id"]).update(last_seen_at=timezone.now(), stopped_at=None)
    worker: int = world.kwargs["worker_id"]
    return worker


def latency_form(world: World) -> dict[str, Any]:
    given = {"team": world.team.pk, "name": "new", "space": "kind:mobile:", "at": "digits"}
    return {**given, "worker": living_worker(world), "measure.batch": "1"}


def latency_body(world: World) -> dict[str, Any]:
    given = {"team": world.team.pk, "name": "new", "space": {"name": "nasbench201", "config": {}}}
    return {**given, "input_shape": [1, 8, 8], "num_classes": 10, "worker": living_worker(world)}


def table_upload_api(world: World) -> dict[str, Any]:
    upload = table_upload(world)
    return {**upload, "file": upload.pop("files")[0]}


def two_architectures(world: World) -> dict[str, str]:
    return {"a": world.kwargs["key"], "b": world.kwargs["key"]}


def one_run(world: World) -> dict[str, str]:
    return {"run": str(world.run.pk)}


def space() -> dict[str, Any]:
    return {"name": "bit_strings", "config": {"num_bits": 20}}


def toy_space_form() -> dict[str, Any]:
    return {"space.shown": "bit_strings", "space.config.num_bits": "20"}


ROUTES: dict[str, Route] = {
    # --- open to everybody
    "healthz": get(all_get(200)),
    "favicon": get(all_get(302)),
    "jsi18n": get(all_get(200)),
    "set_language": Route({"POST": all_get(302)}, form=lambda w: {"language": "ko"}),
    "accounts:sign_in": Route({"GET": all_get(200), "POST": all_get(422)}),
    "accounts:sign_in_link": Route({"GET": all_get(200), "POST": all_get(302)}),
    "accounts:sign_out": Route({"POST": all_get(302)}),
    # --- accounts
    "accounts:account": get(page()),
    "accounts:account_name": Route({"POST": page(302)}, form=lambda w: {"first_name": "A", "last_name": "B"}),
    "accounts:account_password": Route(
        {"POST": page(302)}, form=lambda w: {"new_password1": "correct-horse-9", "new_password2": "correct-horse-9"}
    ),
    "accounts:teams": Route({"GET": page(), "POST": page(302)}, form=lambda w: {"name": "new"}),
    "accounts:team": get(SEEN),
    "accounts:member_new": Route(
        {"POST": page_for(admin=302)}, form=lambda w: {"username": "outsider", "role": "viewer"}
    ),
    "accounts:member_role": Route({"POST": page_for(admin=302)}, form=lambda w: {"role": "member"}),
    "accounts:member_removal": Route({"GET": page_for(admin=200), "POST": page_for(admin=302)}),
    "accounts:tokens": Route({"GET": page(), "POST": page(201)}, form=lambda w: {"name": "new"}),
    "accounts:token_revocation": Route({"GET": page_for(admin=200), "POST": page_for(admin=302)}),
    # --- runs
    "runs:home": get(page()),
    "runs:home_rows": get(page()),
    "runs:new": Route({"GET": page(), "POST": page()}),
    "runs:new_fields": Route({"POST": page()}),
    "runs:new_reward": Route({"POST": page()}),
    "runs:new_preview": Route({"POST": page()}),
    "runs:detail": get(SEEN),
    "runs:snapshot": get(SEEN),
    "runs:events": get(SEEN),
    "runs:record": get(SEEN),
    "runs:configuration": get(SEEN),
    "runs:reported": get(SEEN),
    "runs:views": get(SEEN),
    "runs:baseline": get(SEEN),
    "runs:derived": Route({"GET": SEEN}, kwargs=lambda w: {"name": genotype_name(GENOTYPE)}),
    "runs:lineage_columns": get(SEEN),
    "runs:trials": get(SEEN),
    "runs:trial_best": get(SEEN),
    "runs:trial": get(SEEN),
    "runs:curve": get(SEEN),
    "runs:lineage": get(SEEN),
    "runs:lineage_step": get(SEEN),
    "runs:trial_retry": Route({"POST": worked()}, kwargs=lambda w: {"number": 1}),
    "runs:delete": Route({"GET": worked(200), "POST": worked()}),
    "runs:verb": Route({"POST": worked()}),
    "runs:specialise": Route({"POST": worked(200)}, form=lambda w: {"cost": "macs", "limit": "1"}),
    "runs:steer": Route({"GET": worked(200)}),
    "runs:steer_kept": Route({"GET": worked(200)}),
    "runs:steer_change": Route(
        {"POST": worked()}, kwargs=lambda w: {"what": "parallelism"}, body=lambda w: {"parallelism": "2"}
    ),
    # --- comparisons
    "compare:page": Route({"GET": SEEN}, query=one_run),
    "compare:choices": Route({"GET": SEEN}, query=one_run),
    "compare:results": Route({"GET": SEEN}, query=one_run),
    "compare:series": Route({"GET": SEEN}, query=one_run),
    "compare:whole": Route({"GET": SEEN}, query=one_run),
    "compare:table": Route({"GET": SEEN}, query=one_run),
    # --- data, spaces, architectures, workers
    "datasets:list": get(page()),
    "datasets:new": Route({"GET": page(), "POST": page_new()}, form=dataset_upload),
    "datasets:bundled": get(page()),
    "datasets:detail": get(SEEN),
    "datasets:share": Route({"POST": worked()}, form=lambda w: {"visibility": "team"}),
    "datasets:delete": Route({"GET": worked(200), "POST": worked()}),
    "datasets:table_new": Route({"GET": page(), "POST": page_new()}, form=table_upload),
    "datasets:table": get(SEEN),
    "datasets:table_columns": Route({"GET": worked(200), "POST": worked()}),
    "datasets:table_share": Route({"POST": worked()}, form=lambda w: {"visibility": "team"}),
    "datasets:table_delete": Route({"GET": worked(200), "POST": worked()}),
    "latency:list": get(page()),
    "latency:new": Route({"GET": page(), "POST": page_new()}, form=latency_form),
    "latency:import": Route({"GET": page(), "POST": page_new()}, form=latency_upload),
    "latency:detail": get(SEEN),
    "latency:csv": get(SEEN),
    "latency:cancel": Route({"POST": worked()}),
    "latency:go_on": Route({"POST": worked()}),
    "latency:share": Route({"POST": worked()}, form=lambda w: {"visibility": "team"}),
    "latency:delete": Route({"GET": worked(200), "POST": worked()}),
    "studies:of_run": get(SEEN),
    "studies:new": Route(
        {"GET": worked(200), "POST": worked()},
        form=lambda w: {"study.cost_by_size.num_sizes": "2", "study.cost_by_size.step": "8"},
        kwargs=lambda w: {"kind": "cost_by_size"},
    ),
    "studies:detail": get(SEEN),
    "studies:known": get(SEEN),
    "studies:drawing": Route({"GET": SEEN}, kwargs=lambda w: {"name": genotype_name(GENOTYPE)}),
    "studies:cancel": Route({"POST": worked()}),
    "studies:go_on": Route({"POST": worked()}),
    "studies:delete": Route({"GET": worked(200), "POST": worked()}),
    "methods:list": get(page()),
    "methods:page": Route({"GET": page()}, kwargs=lambda w: {"name": "random"}),
    "methods:image": Route({"GET": page()}, kwargs=lambda w: {"name": "run.png"}),
    "spaces:list": get(page()),
    "spaces:kind": Route({"GET": page()}, kwargs=lambda w: {"name": "bit_strings"}),
    "spaces:architecture": Route(
        {"GET": page(), "POST": page()},
        form=lambda w: {"genotype": "all_ones", "action": "mutate"},
        kwargs=lambda w: {"name": "bit_strings"},
    ),
    "spaces:architecture_send": Route(
        {"POST": worked()},
        form=lambda w: {**toy_space_form(), "run": w.run.pk, "genotype": "all_ones"},
        kwargs=lambda w: {"name": "bit_strings"},
    ),
    "spaces:save": Route(
        {"POST": worked()}, form=lambda w: {"team": w.team.pk, "space.name": "nasbench201", "saved_name": "new"}
    ),
    "spaces:detail": get(SEEN),
    "spaces:share": Route({"POST": worked()}, form=lambda w: {"visibility": "team"}),
    "spaces:delete": Route({"GET": worked(200), "POST": worked()}),
    "architectures:detail": get(SEEN),
    "architectures:graph": get(SEEN),
    "architectures:diff": Route({"GET": SEEN}, query=two_architectures),
    # The world's architectures are toys, of which only JSON can be had: who may see them is told so.
    "exports:section": Route({"GET": SEEN, "POST": page_for(viewer=422, member=422, admin=422)}),
    "exports:again": Route({"POST": page_for(viewer=302, member=302, admin=302)}),
    "exports:file": get(SEEN),
    "exports:description": get(SEEN),
    "workers:list": get(page()),
    # --- API: accounts
    "api:schema": get(api()),
    "api:catalogue": get(api()),
    "api:me": get(api()),
    "api:tokens": Route({"GET": api(), "POST": api(201)}, body=lambda w: {"name": "new"}),
    "api:token": Route({"DELETE": api_for(admin=204)}),
    "api:teams": Route({"GET": api(), "POST": api(201)}, body=lambda w: {"name": "new"}),
    "api:team": get(API_SEEN),
    "api:members": Route({"GET": API_SEEN, "POST": api_for(admin=201)}, body=lambda w: {"username": "outsider"}),
    "api:member": Route({"PATCH": api_for(admin=200), "DELETE": api_for(admin=204)}, body=lambda w: {"role": "member"}),
    # --- API: data and spaces
    "api:datasets": Route({"GET": api(), "POST": api_new(202)}, form=dataset_upload),
    "api:dataset": Route({"GET": API_SEEN, "DELETE": api_worked(204)}),
    "api:datasets_sharing": shared("dataset_id"),
    "api:tables": Route({"GET": api(), "POST": api_new(202)}, form=table_upload_api),
    "api:table": Route({"GET": API_SEEN, "DELETE": api_worked(204)}),
    "api:table_description": Route(
        {"PUT": api_worked(202)}, body=lambda w: {"architecture_column": "bits", "encoding": "json"}
    ),
    "api:tables_sharing": shared("table_id"),
    "api:latency_tables": Route({"GET": api(), "POST": api_new(202)}, body=latency_body),
    "api:latency_table": Route({"GET": API_SEEN, "DELETE": api_worked(204)}),
    "api:latency_import": Route({"POST": api_new()}, form=latency_upload),
    "api:latency_rows": get(API_SEEN),
    "api:latency_cancel": Route({"POST": api_worked()}),
    "api:latency_go_on": Route({"POST": api_worked(202)}),
    "api:latency_tables_sharing": shared("latency_id"),
    "api:space_preview": Route({"POST": api()}, body=lambda w: {"space": space(), "num_samples": 10}),
    "api:space_describe": Route({"POST": api()}, body=lambda w: {"space": space(), "genotype": GENOTYPE}),
    "api:saved_spaces": Route(
        {"GET": api(), "POST": api_new()}, body=lambda w: {"team": w.team.pk, "name": "new", "space": space()}
    ),
    "api:saved_space": Route({"GET": API_SEEN, "DELETE": api_worked(204)}),
    "api:saved_spaces_sharing": shared("space_id"),
    # --- API: runs, trials, architectures, workers
    "api:runs": Route(
        {"GET": api(), "POST": api_new()},
        body=lambda w: {"team": w.team.pk, "name": "new", "specification": toy_values()},
    ),
    "api:run": Route({"GET": API_SEEN, "DELETE": api_worked(204)}),
    "api:run_pause": Route({"POST": api_worked()}),
    "api:run_resume": Route({"POST": api_worked()}),
    "api:run_stop": Route({"POST": api_worked()}),
    "api:run_cancel": Route({"POST": api_worked()}),
    "api:run_retry_failed": Route({"POST": api_worked()}),
    "api:run_record": get(API_SEEN),
    "api:run_architectures": Route({"POST": api_worked(202)}, body=lambda w: {"genotype": GENOTYPE}),
    "api:run_steering": Route({"GET": API_SEEN, "PATCH": api_worked(200)}, body=lambda w: {"parallelism": 2}),
    "api:run_studies": Route({"GET": API_SEEN, "POST": api_worked(202)}, body=lambda w: {"kind": "cost_by_size"}),
    "api:study": Route({"GET": API_SEEN, "DELETE": api_worked(204)}),
    "api:study_cancel": Route({"POST": api_worked()}),
    "api:study_go_on": Route({"POST": api_worked(202)}),
    "api:run_snapshot": get(API_SEEN),
    "api:run_events": get(API_SEEN),
    "api:run_front": get(API_SEEN),
    "api:run_baseline": get(API_SEEN),
    "api:runs_sharing": shared("run_id"),
    "api:trials": get(API_SEEN),
    "api:trial": get(API_SEEN),
    "api:curve": get(API_SEEN),
    "api:run_lineage": get(API_SEEN),
    "api:trial_lineage": get(API_SEEN),
    "api:architecture": get(API_SEEN),
    "api:architecture_paths": get(API_SEEN),
    "api:architecture_diff": Route({"GET": API_SEEN}, query=two_architectures),
    "api:architecture_trials": get(API_SEEN),
    "api:architecture_graph": get(API_SEEN),
    "api:architecture_svg": get(API_SEEN),
    "api:architecture_description": get(API_SEEN),
    "api:exports": Route({"GET": API_SEEN, "POST": api_for(viewer=400, member=400, admin=400)}, body=lambda w: {}),
    "api:export": get(API_SEEN),
    "api:export_retry": Route({"POST": api_for(viewer=202, member=202, admin=202)}),
    "api:export_file": get(API_SEEN),
    "api:compare": Route({"GET": API_SEEN}, query=one_run),
    "api:workers": get(api()),
    "api:unknown": Route(dict.fromkeys(METHODS, all_get(404))),
}

REFUSED = {302, 401, 403, 404, 405}


def route_names(resolver: URLResolver, namespaces: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of all routes of the site, with their namespaces."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from route_names(entry, inner)
        else:
            assert entry.name, f"the route {entry.pattern} has no name"
            yield ":".join((*namespaces, entry.name))


def route_arguments(name: str) -> set[str]:
    """The arguments that `reverse` needs for a route."""
    *namespaces, last = name.split(":")
    resolver: Any = get_resolver()
    for namespace in namespaces:
        _prefix, resolver = resolver.namespace_dict[namespace]
    return {argument for _text, arguments in resolver.reverse_dict[last][0] for argument in arguments}


def test_every_route_has_its_row_and_every_row_its_route() -> None:
    names = list(route_names(get_resolver()))
    assert len(names) == len(set(names)), "two routes share a name"
    assert set(names) == set(ROUTES)


@pytest.fixture(scope="class")
def world(django_db_setup: None, django_db_blocker: Any, redis_server: object) -> Iterator[World]:
    with registered(*TOYS), django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


@pytest.fixture(scope="class")
def clients(world: World) -> dict[str, Client]:
    clients = {person: Client() for person in PEOPLE}
    for person, user in world.people.items():
        if user is not None:
            clients[person].force_login(user)
    return clients


@pytest.mark.django_db
class TestRoutes:
    @pytest.mark.parametrize("name", ROUTES)
    def test_route(self, name: str, world: World, clients: dict[str, Client]) -> None:
        route = ROUTES[name]
        given = {**world.kwargs, **route.kwargs(world)}
        url = reverse(name, kwargs={argument: given[argument] for argument in route_arguments(name)})
        if query := route.query(world):
            url = f"{url}?{urlencode(query)}"
        got, expected = {}, {}
        # Who may is no matter of the database: on another one the admin's visits show that its queries work there.
        people = list(enumerate(PEOPLE)) if DATABASE_KIND == "sqlite" else [(PEOPLE.index("admin"), "admin")]
        for method in METHODS:
            for place, person in people:
                response = self.ask(clients[person], method, url, route, world)
                got[method, person] = response.status_code
                if method in route.methods:
                    expected[method, person] = route.methods[method][place]
                    if (
                        person == "anonymous"
                        and route.methods[method] != all_get(302)
                        and response.status_code == SIGN_IN
                    ):
                        assert response["Location"].startswith("/sign-in/")
                else:
                    assert response.status_code in REFUSED, f"{method} {url} for {person}: {response.status_code}"
        assert {key: status for key, status in got.items() if key in expected} == expected

    @staticmethod
    def ask(client: Client, method: str, url: str, route: Route, world: World) -> Any:
        """One request whose effects are undone."""
        cookies = copy.deepcopy(client.cookies)
        with transaction.atomic():
            if method == "GET":
                response = client.get(url)
            elif route.form is not None and method == "POST":
                response = client.post(url, route.form(world))
            elif route.body is not None:
                response = client.generic(method, url, json.dumps(route.body(world)), content_type="application/json")
            else:
                response = client.generic(
                    method,
                    url,
                    content_type="application/x-www-form-urlencoded" if "api/" not in url else "application/json",
                )
            transaction.set_rollback(True)
        client.cookies = cookies
        return response


SOCKETS: dict[str, tuple[bool, bool, bool, bool, bool]] = {
    "ws-run": (False, False, True, True, True),
    "ws-home": (False, True, True, True, True),
}
"""For whom of PEOPLE a socket stays open. From another site it is open to nobody."""

NOT_ALLOWED = 4404


def test_every_socket_has_its_row_and_every_row_its_socket() -> None:
    assert {entry.name for entry in websocket_urlpatterns} == set(SOCKETS)


@pytest.mark.any_database
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", SOCKETS)
async def test_socket(name: str, channel_layer: object) -> None:
    with registered(*TOYS):
        world = await sync_to_async(make_world)()
    url = "/" + str(next(e.pattern for e in websocket_urlpatterns if e.name == name))
    url = url.replace("<int:run_id>", str(world.run.pk))
    for place, person in enumerate(PEOPLE):
        cookie = await sync_to_async(session_cookie)(world.people[person])
        assert await stays_open(url, cookie, origin="http://testserver") is SOCKETS[name][place], person
        assert await stays_open(url, cookie, origin="http://elsewhere.example") is False, person


def session_cookie(user: User | None) -> str:
    client = Client()
    if user is not None:
        client.force_login(user)
    return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())


async def stays_open(url: str, cookie: str, *, origin: str) -> bool:
    """Whether the handshake succeeds and the server does not say at once that the socket is not allowed."""
    headers = [(b"host", b"testserver"), (b"origin", origin.encode()), (b"cookie", cookie.encode())]
    socket = WebsocketCommunicator(application, url, headers=headers)
    is_connected, _code = await socket.connect(timeout=10)
    if not is_connected:
        return False
    if await socket.receive_nothing(timeout=0.3):
        await socket.disconnect()
        return True
    first = await socket.receive_output(timeout=10)
    await socket.disconnect()
    assert first["type"] == "websocket.send" or first["code"] == NOT_ALLOWED, first
    return bool(first["type"] == "websocket.send")
