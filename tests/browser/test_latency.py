"""A latency table from the form to its page, followed while a worker measures it."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.latency.models import LatencyTable
from apps.latency.services.work import latency_claim, latency_finish, latency_progress
from apps.workers.models import Worker
from nas.hardware.latency_table import LatencyRow, TableFingerprint
from nas.hardware.latency_table import LatencyTable as EngineTable
from nas.hardware.measure_table import MeasureProgress

Open = Callable[..., Page]


def test_a_table_is_asked_for_followed_and_searched(
    open_page: Open, axe: Callable[[Page], list[str]], worker: Worker
) -> None:
    page = open_page("/workers/")
    page.get_by_role("link", name="Measure latency").click()
    page.get_by_label("Name").fill("Ours")
    page.get_by_label("Search space").select_option(label="Mobile networks: Proxyless mini")
    page.get_by_role("button", name="Measure").click()
    expect(page.get_by_text("It begins when a worker of the device is free")).to_be_visible()

    lease = latency_claim(table_id=LatencyTable.objects.get().pk, worker=worker, now=timezone.now())
    assert lease is not None
    rows = {f"block-{n}": LatencyRow(100, n, 0.01, n, n + 0.5) for n in range(1, 41)}
    part = EngineTable("Ours", TableFingerprint("a CPU", "2.13", threads=1), dict(list(rows.items())[:10]))
    latency_progress(lease=lease, progress=MeasureProgress("pieces", 10, 40, part), now=timezone.now())
    expect(page.get_by_text("Blocks: 10 of 40 measured.")).to_be_visible()
    assert axe(page) == []

    pairs = tuple((float(n), 1.0 + 1.1 * n + 0.2 * (n % 3)) for n in range(5, 35))
    whole = EngineTable("Ours", part.fingerprint, rows, checks=pairs)
    latency_finish(lease=lease, table=whole, now=timezone.now())
    expect(page.get_by_role("img", name="Latency of 30 networks, predicted and measured")).to_be_visible()
    expect(page.locator(".scatter__point")).to_have_count(30)
    expect(page.get_by_role("region", name="Blocks and their times").get_by_role("row")).to_have_count(41)
    assert axe(page) == []
    page.get_by_label("Search rows").fill("block-17")
    expect(page.get_by_role("region", name="Blocks and their times").get_by_role("row")).to_have_count(2)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == f"latency_{lease.row.pk}.csv"
