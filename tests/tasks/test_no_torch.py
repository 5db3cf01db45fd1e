"""Torch is for workers: the web process serves every page, and the control process advances runs, without it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

CODE = """
import sys
sys.path.insert(0, ".")
import django
django.setup()
{body}
loaded = sorted(name for name in sys.modules if name.split(".")[0] in ("torch", "sklearn.ensemble"))
assert not loaded, loaded[:5]
print("done")
"""

WEB = """
import nasweb.asgi
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from apps.accounts.services.first_start import first_start
from apps.runs.services import run_create
from apps.runs.services.demo import DEMO
from apps.runs.models import Trial
from apps.runs.services.advance import run_advance

someone = first_start(now=timezone.now())
run = run_create(team=someone.team, by=someone.user, name="digits", values=DEMO, now=timezone.now())
run_advance(run_id=run.pk, clock=timezone.now)
key = Trial.objects.filter(run=run).first().architecture.key
client = Client(HTTP_HOST="localhost")
client.force_login(someone.user)
values = {"run_id": run.pk, "replica": 0, "number": 0, "key": key, "team_id": someone.team.pk, "name": "nasbench201",
          "reference": "digits", "user_id": someone.user.pk, "place": "strategy", "verb": "pause"}

def routes(patterns, names=()):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, (*names, pattern.namespace) if pattern.namespace else names)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield ":".join((*names, pattern.name)), set(pattern.pattern.converters)

walked = served = 0
for name, needed in routes(get_resolver().url_patterns):
    if needed <= set(values):
        response = client.get(reverse(name, kwargs={each: values[each] for each in needed}))
        assert response.status_code < 500, (name, response.status_code)
        walked += 1
        served += response.status_code == 200
assert walked > 50 and served > 40, (walked, served)
from tests.apps.wizard.conftest import sent_by
page = client.get(reverse("runs:new")).content.decode()
preview = client.post("/runs/new/preview/", sent_by(page, action="preview"))
assert preview.status_code == 200 and b"<svg" in preview.content, preview.content[:300]
svg = client.get(f"/api/v1/architectures/{key}/graph.svg")
assert svg.status_code == 200 and b"<svg" in svg.content
"""

CONTROL = """
import tasks
from celery import current_app
from nasweb.celery import app
from django.core.management import call_command
call_command("migrate", verbosity=0)
from django.utils import timezone
from apps.accounts.services.first_start import first_start
from apps.runs.services import run_create
from apps.runs.services.demo import DEMO
from apps.runs.models import Proposal
from apps.live.numbering import number_events
from nas.core.result import Result, ResultStatus
from tasks.control import sweep

someone = first_start(now=timezone.now())
run = run_create(team=someone.team, by=someone.user, name="digits", values=DEMO, now=timezone.now())
sweep()
for proposal in Proposal.objects.filter(replica__run=run):
    result = Result(proposal.number, ResultStatus.COMPLETED, metrics={"accuracy": 0.5, "macs": 9.0}, cost_seconds=1.0)
    Proposal.objects.filter(pk=proposal.pk).update(result=result.as_json(), finished_at=timezone.now())
sweep()
assert run.replicas.get().num_told > 0
assert number_events(run_id=run.pk) is not None
"""


@pytest.mark.parametrize("body", [WEB, CONTROL], ids=["web", "control"])
def test_it_never_loads_torch(body: str, tmp_path: object) -> None:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "nasweb.settings",
        "NASWEB_DATABASE_URL": f"sqlite:///{tmp_path}/no-torch.sqlite3",
        "NASWEB_WORKER_NAME": "control",
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(body=body)], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip().endswith("done")
