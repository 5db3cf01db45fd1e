"""A look into a data set: some of its images as small pictures."""

from __future__ import annotations

import base64
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from apps.datasets.png import png
from nas.core.problem import Dataset

NUM_SAMPLES = 24
LONGEST_SIDE = 96


def samples_of(dataset: Dataset, *, num_samples: int = NUM_SAMPLES) -> list[dict[str, Any]]:
    """Images drawn class by class in turn: [{"label": name of the class, "png": base64}]. Always the same ones.

    Values are stretched so that the brightest pixel shown is white (digits go to 16, scaled data to 1); large images
    are thinned to at most 96 pixels a side.
    """
    rng = np.random.Generator(np.random.PCG64(0))
    queues = [rng.permutation(np.flatnonzero(dataset.labels == label)) for label in range(dataset.num_classes)]
    turns = max(len(queue) for queue in queues)
    in_turn = (int(queue[turn]) for turn in range(turns) for queue in queues if turn < len(queue))
    chosen = list(islice(in_turn, num_samples))
    images = np.asarray(dataset.images[np.array(chosen)])
    step = max(1, -(-max(images.shape[1:3]) // LONGEST_SIDE))
    pictures = _as_bytes(images[:, ::step, ::step])
    return [
        {
            "label": dataset.class_names[int(dataset.labels[place])],
            "png": base64.b64encode(png(picture)).decode("ascii"),
        }
        for place, picture in zip(chosen, pictures, strict=True)
    ]


def _as_bytes(images: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """0…255 over the images shown; 8-bit data that uses most of its range is left as it is."""
    if images.dtype == np.uint8 and images.max() > 127:
        return images.astype(np.uint8)
    values = images.astype(np.float64)
    low = min(0.0, float(values.min()))
    span = float(values.max()) - low or 1.0
    return np.rint((values - low) / span * 255).astype(np.uint8)
