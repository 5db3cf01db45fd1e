"""The parts of data that weights are tuned, watched and reported on."""

from typing import Literal

Part = Literal["train", "validation", "test"]
