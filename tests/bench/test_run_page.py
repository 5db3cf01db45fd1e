"""What the page of a run with 10,000 trials costs the server, and how soon a browser shows that a trial ended."""

from __future__ import annotations

import json
import os
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest
from django.core.cache import cache
from django.utils import timezone

from apps.accounts.services.first_start import first_start
from apps.runs.models import Run, Trial
from apps.runs.services import run_create
from tests.bench.conftest import SEARCH
from tests.faults.expectations import finished
from tests.support.running_platform import RunningPlatform
from tests.support.session_cookie import session_cookie
from tests.support.viewer import Viewer

pytestmark = pytest.mark.timeout(3600)

NUM_TRIALS = int(os.environ.get("NASWEB_BENCH_PAGE_TRIALS", "10000"))
NUM_VISITS = 20
IDLE_SECONDS = 20.0
TICK = os.sysconf("SC_CLK_TCK")
CHROMIUM = Path("/usr/bin/chromium")

# Real digits, real training, a few trials a second: the pace of a search, so that frames are not queued up.
PACED = {
    **SEARCH,
    "problem": {"name": "image_classification", "config": {"dataset": "digits", "max_examples": 200}},
    "space": {"name": "nasbench201", "config": {"width": 4, "cells_per_stage": 1}},
    "strategy": {"name": "aging_evolution"},
    "estimator": {"name": "train", "config": {"epochs": 2}},
    "budget": {"trials": 60},
    "parallelism": 4,
}

WATCH_SOCKET = """(() => {
  window.heard = [];
  window.longTasks = [];
  new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((task) => task.duration)))
    .observe({type: "longtask"});
  const listen = WebSocket.prototype.addEventListener;
  WebSocket.prototype.addEventListener = function (type, listener, ...rest) {
    if (type !== "message") return listen.call(this, type, listener, ...rest);
    return listen.call(this, type, (event) => {
      window.heard.push([Date.now(), event.data]);
      listener(event);
    }, ...rest);
  };
})()"""
WATCH_COUNT = """() => {
  const fact = document.querySelector('[data-fact="trials"]');
  window.seen = [];
  const note = () => window.seen.push([Date.now(), fact.textContent]);
  note();
  new MutationObserver(note).observe(fact, {childList: true, characterData: true, subtree: true});
}"""


def cpu_seconds(pid: int) -> float:
    """User and system time of the process so far."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    fields = stat[stat.rindex(")") + 2 :].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def cookie_of_admin() -> str:
    return session_cookie(first_start(now=timezone.now()).user)


@pytest.fixture(scope="module")
def large_run(carry_out: Callable[..., Run]) -> Run:
    return carry_out(num_trials=NUM_TRIALS, batch_size=100)


def visit(platform: RunningPlatform, path: str, cookie: str) -> int:
    """Bytes on the wire of one page."""
    request = urllib.request.Request(f"{platform.address}{path}")
    request.add_header("Cookie", cookie)
    request.add_header("Accept-Encoding", "gzip")
    with urllib.request.urlopen(request, timeout=60) as response:
        assert response.status == 200
        return len(response.read())


def test_cost_of_a_visit(platform: RunningPlatform, large_run: Run, say: Callable[[str], None]) -> None:
    cookie = cookie_of_admin()
    page, snapshot = f"/runs/{large_run.pk}/", f"/runs/{large_run.pk}/snapshot.json"
    sizes = visit(platform, page, cookie), visit(platform, snapshot, cookie)
    web = platform.pid("web")

    def cost(*paths: str, fresh: bool = False) -> float:
        before = cpu_seconds(web)
        for _ in range(NUM_VISITS):
            if fresh:
                cache.clear()
            for path in paths:
                visit(platform, path, cookie)
        return (cpu_seconds(web) - before) / NUM_VISITS

    say(
        f"page of {NUM_TRIALS} trials: {cost(page, snapshot):.3f} CPU-s per visit (goal 0.1), "
        f"{cost(page, snapshot, fresh=True):.3f} when nobody looked since the last event "
        f"(page alone {cost(page):.3f}); {sizes[0]} + {sizes[1]} = {sum(sizes) / 1000:.0f} kB compressed (goal 250)"
    )


def test_cost_while_nothing_happens(platform: RunningPlatform, large_run: Run, say: Callable[[str], None]) -> None:
    parts = ("web", "control", "cpu0", "valkey")

    def idle(text: str) -> None:
        before = {part: cpu_seconds(platform.pid(part)) for part in parts}
        time.sleep(IDLE_SECONDS)  # the idle time is what is measured
        used = {part: cpu_seconds(platform.pid(part)) - before[part] for part in parts}
        say(
            f"{text}, {IDLE_SECONDS:.0f} s: "
            + ", ".join(f"{part} {1000 * cpu:.0f} CPU-ms" for part, cpu in used.items())
        )

    idle("nothing happens, no page open")
    viewers = [
        Viewer(address=lambda: platform.address, cookie=cookie_of_admin(), run_id=large_run.pk).start()
        for _ in range(10)
    ]
    idle("nothing happens, ten pages open")
    for viewer in viewers:
        viewer.close()


def test_the_web_process_is_small_and_has_no_torch(
    platform: RunningPlatform, large_run: Run, say: Callable[[str], None]
) -> None:
    pid = platform.pid("web")
    resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    assert "torch" not in Path(f"/proc/{pid}/maps").read_text()
    say(f"web process after the visits: {resident / 2**20:.0f} MiB resident, no torch in it")


@pytest.fixture
def paced_run(platform: RunningPlatform) -> Run:
    somebody = first_start(now=timezone.now())
    return run_create(team=somebody.team, by=somebody.user, name="paced", values=PACED, now=timezone.now())


def test_from_commit_to_socket(platform: RunningPlatform, paced_run: Run, say: Callable[[str], None]) -> None:
    viewer = Viewer(address=lambda: platform.address, cookie=cookie_of_admin(), run_id=paced_run.pk).start()
    finished(paced_run, timeout_seconds=600)
    delays = []
    for event in paced_run.events.filter(body__type="trials_finished"):
        at = viewer.received_at.get(event.seq)
        numbers = [row["number"] for row in event.body["trials"]]
        ended = Trial.objects.filter(run=paced_run, number__in=numbers).values_list("finished_at", flat=True)
        delays += [1000 * (at - end.timestamp()) for end in ended if at is not None and end is not None]
    viewer.close()
    say(spread("trial finished to frame received", delays))


@pytest.fixture
def browser_page(platform: RunningPlatform, django_db_blocker: object) -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists():
        pytest.skip("there is no Chromium")
    name, _, value = cookie_of_admin().partition("=")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        context = browser.new_context()
        context.add_cookies([{"name": name, "value": value, "url": platform.address}])
        yield context.new_page()
        browser.close()


def test_from_commit_to_page(
    platform: RunningPlatform,
    browser_page: object,
    say: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from playwright.sync_api import Page

    assert isinstance(browser_page, Page)
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in this thread
    somebody = first_start(now=timezone.now())
    run = run_create(team=somebody.team, by=somebody.user, name="watched", values=PACED, now=timezone.now())
    browser_page.add_init_script(WATCH_SOCKET)
    browser_page.goto(f"{platform.address}/runs/{run.pk}/")
    browser_page.wait_for_selector('[data-live="live"]', timeout=30_000)
    browser_page.evaluate(WATCH_COUNT)
    finished(run, timeout_seconds=600)
    browser_page.wait_for_function("() => /60/.test(window.seen.at(-1)[1].split('/')[0])", timeout=30_000)
    seen = [
        (at, int(text.split("/")[0])) for at, text in browser_page.evaluate("() => window.seen") if text[:1].isdigit()
    ]
    ended = sorted(t.timestamp() for t in run.trials.values_list("finished_at", flat=True) if t is not None)
    already = seen[0][1]
    delays = [
        min(at for at, count in seen if count > place) - 1000 * moment
        for place, moment in enumerate(ended)
        if place >= already
    ]
    say(spread("trial finished to DOM changed (goal p95 250 ms)", delays))
    ended_at = {t.number: 1000 * t.finished_at.timestamp() for t in run.trials.all() if t.finished_at is not None}
    to_browser = [
        at - ended_at[row["number"]]
        for at, text in browser_page.evaluate("() => window.heard")
        for event in json.loads(text).get("events", ())
        if event["type"] == "trials_finished"
        for row in event["trials"]
    ]
    say(spread("  of which: trial finished to the page's own code", to_browser))
    tasks = browser_page.evaluate("() => window.longTasks")
    held = f"{sum(tasks):.0f} ms in all, at most {max(tasks, default=0):.0f} ms"
    say(f"  the page's thread was held {len(tasks)} times for over 50 ms: {held}")


def spread(what: str, delays: list[float]) -> str:
    """Milliseconds in words."""
    assert len(delays) >= 20, f"only {len(delays)} measured"
    p95 = quantiles(delays, n=20)[-1]
    return f"{what}: median {median(delays):.0f} ms, p95 {p95:.0f} ms, max {max(delays):.0f} ms of {len(delays)} trials"
