"""The catalogue of spaces, the page of a kind and the hand-made architecture in a browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import Team, User
from apps.runs.services import run_create
from apps.workers.models import Worker
from nas import registry
from tests.apps.runs.driver import advance, toy_values, work

Open = Callable[..., Page]
KIND = "/spaces/kinds/nasbench201/"
EDITOR = "#id_genotype"
BROKEN = json.dumps({"edges": ["none", "conv9x9", "none", "none", "none", "none"]})


def medians(page: Page) -> list[str]:
    return page.locator("#kind-numbers .histogram figcaption .muted").all_inner_texts()


def test_the_catalogue_is_searched_while_typing(open_page: Open) -> None:
    page = open_page("/spaces/")
    expect(page.locator(".space-card")).to_have_count(len(registry.spaces.names()))
    page.get_by_label("Find a space").press_sequentially("2001.00326")
    expect(page.locator(".space-card")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?q=2001\.00326$"))
    page.get_by_role("link", name="NAS-Bench-201").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("NAS-Bench-201")


def test_editing_a_setting_changes_the_numbers_and_the_address(open_page: Open) -> None:
    page = open_page(KIND)
    expect(page.locator("#kind-numbers[data-num='1000']")).to_be_visible()
    before = medians(page)
    page.get_by_label("Width", exact=False).first.fill("64")
    expect(page).to_have_url(re.compile("space.config.width=64"))
    expect(page.locator("#kind-numbers[data-num='1000']")).to_be_visible()
    after = medians(page)
    assert len(before) == len(after) == 4
    assert all(one != other for one, other in zip(before, after, strict=True))
    page.reload()
    expect(page.get_by_label("Width", exact=False).first).to_have_value("64")
    assert medians(page) == after


def test_a_limit_is_counted_and_a_wrong_one_is_told(open_page: Open) -> None:
    page = open_page(KIND)
    limits = page.get_by_label("What an architecture must keep")
    limits.fill("params <= 0.4M")
    expect(page.locator("#kind-numbers")).to_contain_text(re.compile(r"Parameters ≤ 400 k: \d+ of 1,000 samples"))
    limits.fill("params < 5")
    expect(page.locator("#results [role=alert]")).to_contain_text("Limits: expected something like")


def test_the_gallery_is_sorted_and_drawn_anew_and_leads_to_the_architecture(open_page: Open) -> None:
    page = open_page(KIND)
    first = page.locator("#gallery .arch-card").first
    page.get_by_label("Sorted by").select_option("macs")
    expect(page).to_have_url(re.compile("order=macs"))
    expect(page.locator("#gallery .arch-card")).to_have_count(24)
    cheapest = first.inner_text()
    page.get_by_role("link", name="Another sample").click()
    expect(page).to_have_url(re.compile("seed=1"))
    expect(page.locator("#gallery .arch-card")).to_have_count(24)
    expect(page.get_by_label("Sorted by")).to_have_value("macs")
    macs = first.locator("span[title]").nth(1).get_attribute("title")
    assert first.inner_text() != cheapest or macs is not None
    first.get_by_role("link").click()
    expect(page.locator("[data-cost=macs]")).to_have_text(str(macs))


def test_a_broken_genotype_is_told_and_a_mended_one_is_drawn(open_page: Open) -> None:
    page = open_page(f"{KIND}architecture/")
    editor = page.locator(EDITOR)
    expect(page.get_by_role("heading", name="Drawing")).to_be_visible()
    editor.fill(BROKEN)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("edges.1")
    expect(alert).to_contain_text("'conv9x9' is not")
    expect(page.get_by_role("heading", name="Drawing")).to_have_count(0)
    editor.fill("all_conv1x1")
    expect(page.locator("[data-cost=params]")).to_have_text("241,306")
    expect(page.get_by_role("heading", name="Drawing")).to_be_visible()


def test_steps_are_undone_and_done_again(open_page: Open) -> None:
    page = open_page(f"{KIND}architecture/?genotype=resnet")
    editor, params = page.locator(EDITOR), page.locator("[data-cost=params]")
    start = editor.input_value()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.get_by_role("button", name="Mutate").click()
    expect(editor).not_to_have_value(start)
    mutated = editor.input_value()
    page.get_by_role("button", name="Random").click()
    expect(editor).not_to_have_value(mutated)
    page.get_by_role("button", name="Undo").click()
    expect(editor).to_have_value(mutated)
    page.get_by_role("button", name="Undo").click()
    expect(editor).to_have_value(start)
    expect(params).to_have_text("559,386")
    page.get_by_role("button", name="Redo").click()
    expect(editor).to_have_value(mutated)
    page.locator("summary", has_text="Known").click()
    page.get_by_role("link", name="All 1×1 convolutions").click()
    expect(params).to_have_text("241,306")
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()


def test_a_long_architecture_travels_behind_the_hash(open_page: Open) -> None:
    genotype = json.dumps({"edges": ["nor_conv_1x1"] * 6})
    page = open_page(f"{KIND}architecture/#genotype={genotype}")
    expect(page.locator("[data-cost=params]")).to_have_text("241,306")
    assert page.locator(EDITOR).input_value() == genotype


@pytest.mark.usefixtures("toys")
def test_it_is_sent_to_a_run_and_becomes_a_trial(open_page: Open, team: Team, member: User, worker: Worker) -> None:
    run = advance(run_create(team=team, by=member, name="Bits", values=toy_values(), now=timezone.now()))
    page = open_page("/spaces/kinds/bit_strings/architecture/?space.shown=bit_strings&space.config.num_bits=20")
    page.locator(EDITOR).fill(json.dumps({"bits": "1" * 20}))
    expect(page.get_by_label("Run", exact=True)).to_contain_text("Bits")
    page.get_by_role("button", name="Evaluate it next").click()
    page.wait_for_url(re.compile(rf"/runs/{run.pk}/"))
    expect(page.locator("main")).to_contain_text("it is its next trial, made by hand")
    work(worker, jobs=1)
    advance(run)
    number = run.trials.get(operator="added").number
    page.goto(f"/runs/{run.pk}/trials/?operator=added")
    expect(page.locator("body")).to_contain_text("by hand")
    page.goto(f"/runs/{run.pk}/trials/0/{number}/")
    expect(page.locator("body")).to_contain_text("by hand")


def test_the_form_is_written_as_yaml_changed_and_read(open_page: Open, worker: Worker) -> None:
    page = open_page("/runs/new/", expected_error="status of 422")
    page.locator("summary", has_text="Paste or copy as YAML").click()
    page.get_by_role("button", name="Write the form here").click()
    text = page.locator("#id_document")
    expect(text).to_have_value(re.compile("nasbench201"))
    good = text.input_value()
    text.fill(re.sub(r"trials: \d+", "trials: 23", good))
    page.get_by_role("button", name="Fill the form from this text").click()
    expect(page.locator("[name='budget.trials']")).to_have_value("23")
    page.locator("summary", has_text="Paste or copy as YAML").click()
    page.locator("#id_document").fill(re.sub(r"trials: \d+", "trials: no", good))
    page.get_by_role("button", name="Fill the form from this text").click()
    line = good[: good.index("trials:")].count("\n") + 1
    expect(page.locator("#yaml-panel [role=alert]")).to_contain_text(f"(line {line})")
    expect(page.locator("[name='budget.trials']")).to_have_value("23")
