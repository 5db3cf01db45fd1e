"""Somebody's own images: uploaded, checked by the worker, searched with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import FilePayload, Page, StorageState, expect

from tests.apps.datasets.conftest import idx, npz
from tests.browser.conftest import LOADED_MACHINE_MS

pytestmark = pytest.mark.timeout(900)  # with the start of the platform, on a loaded machine


def stripes(count: int = 120, side: int = 8) -> tuple[Any, Any]:
    """Images (count, side, side) of two classes that differ in where they are bright, and their labels."""
    rng = np.random.Generator(np.random.PCG64(2))
    labels = np.arange(count, dtype=np.uint8) % 2
    images = rng.integers(0, 100, (count, side, side), np.uint8)
    images[labels == 0, : side // 2] += 120
    images[labels == 1, side // 2 :] += 120
    return images, labels


def payload(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def as_npz() -> list[FilePayload]:
    images, labels = stripes()
    return [payload("stripes.npz", npz(x=images, y=labels))]


def as_idx() -> list[FilePayload]:
    images, labels = stripes()
    return [payload("train-images-idx3-ubyte", idx(images)), payload("train-labels-idx1-ubyte", idx(labels))]


@pytest.mark.parametrize(("form", "files"), [("NPZ", as_npz), ("IDX", as_idx)])
def test_uploaded_images_are_checked_and_searched_with(
    visit: Callable[..., Page], signed_in: StorageState, form: str, files: Callable[[], list[FilePayload]]
) -> None:
    page = visit("/datasets/new/", who=signed_in)
    page.locator("input[type=file]").set_input_files(files())
    page.get_by_label("Name").fill(f"Stripes as {form}")
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_url(re.compile(r"/datasets/\d+/$"))
    expect(page.locator("#dataset-state")).to_contain_text("8 × 8, 1 channel", timeout=LOADED_MACHINE_MS)
    facts = page.locator("#dataset-state dl")
    expect(facts).to_contain_text(form)
    expect(facts).to_contain_text("120")
    page.get_by_role("link", name="Search with it").click()
    expect(page.get_by_label("Data set")).to_have_value(re.compile(r"^\d+$"))
    page.goto(page.url + "#step-estimator")
    page.get_by_label("Epochs", exact=True).fill("1")
    page.get_by_label("Trials", exact=True).fill("3")
    page.get_by_label("Random search beside it").uncheck()
    page.get_by_role("button", name="Start search").click()
    page.wait_for_url(re.compile(r"/runs/\d+/$"))
    expect(page.locator(".run__parts")).to_contain_text(f"Stripes as {form}")
    expect(page.locator("[data-run-chip]")).to_have_text("Completed", timeout=LOADED_MACHINE_MS)
    expect(page.locator('[data-fact="failed"]')).to_have_text("0")
    expect(page.locator("#trial-list tbody tr")).to_have_count(3)


def test_data_that_cannot_be_used_say_why(visit: Callable[..., Page], signed_in: StorageState) -> None:
    images, labels = stripes()
    page = visit("/datasets/new/", who=signed_in)
    page.locator("input[type=file]").set_input_files([payload("gaps.npz", npz(x=images, y=labels + 5))])
    page.get_by_label("Name").fill("Labels with gaps")
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_url(re.compile(r"/datasets/\d+/$"))
    expect(page.get_by_role("alert")).to_contain_text("label", timeout=LOADED_MACHINE_MS)
    expect(page.get_by_role("link", name="Search with it")).to_have_count(0)
