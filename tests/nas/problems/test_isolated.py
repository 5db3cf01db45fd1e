"""Parsing in a process of its own: the result, the reasons, and the walls around it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nas.core.errors import InvalidData
from nas.problems.datasets.isolated import parse_isolated
from tests.nas.problems.files import examples


@pytest.fixture
def upload(tmp_path: Path) -> dict[str, Path]:
    images, labels = examples()
    np.savez(tmp_path / "raw", x=images, y=labels)
    return {"세트.npz": tmp_path / "raw.npz"}


def test_the_stored_form_is_written_and_returned(tmp_path: Path, upload: dict[str, Path]) -> None:
    found = parse_isolated(upload, tmp_path / "stored.npz", name="세트")
    dataset = found.dataset
    assert found.format == "npz"
    assert (dataset.name, dataset.images.shape) == ("세트", (30, 6, 6, 1))
    assert isinstance(dataset.images, np.memmap)
    assert np.array_equal(dataset.images[..., 0], examples()[0])


def test_a_refusal_comes_back_word_for_word_and_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    with pytest.raises(InvalidData, match=r"^빈 파일 is empty\. Accepted are"):
        parse_isolated({"빈 파일": tmp_path / "empty"}, tmp_path / "stored.npz", name="a")
    assert not (tmp_path / "stored.npz").exists()


def test_memory_is_limited(tmp_path: Path) -> None:
    images = np.zeros((95, 1000, 1000), np.float32)
    np.savez_compressed(tmp_path / "big", x=images, y=np.arange(95) % 2)
    with pytest.raises(InvalidData, match="needs more than the 500 MB of memory"):
        parse_isolated({"big": tmp_path / "big.npz"}, tmp_path / "s.npz", name="a", memory_bytes=500_000_000)
    assert not (tmp_path / "s.npz").exists()


def test_time_is_limited(tmp_path: Path, upload: dict[str, Path]) -> None:
    """A millisecond is less than an interpreter needs to start."""
    with pytest.raises(InvalidData, match=r"took more than 0\.001 s"):
        parse_isolated(upload, tmp_path / "s.npz", name="a", timeout_seconds=0.001)


def test_the_child_sees_no_environment_of_ours(
    tmp_path: Path, upload: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Secrets of this process do not reach it; seen by a variable that would keep the interpreter from starting."""
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    assert parse_isolated(upload, tmp_path / "stored.npz", name="a").dataset.num_classes == 3
