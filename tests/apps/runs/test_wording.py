"""Choices and settings as people write them."""

from __future__ import annotations

import pytest

from apps.runs.wizard.wording import name_in_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("first_objective", "First objective"),
        ("cifar_resnet", "CIFAR ResNet"),
        ("nds_resnext_a", "NDS ResNeXt A"),
        ("imagenet_regular_109", "ImageNet regular 109"),
        ("proxyless_gpu", "Proxyless GPU"),
        ("sep_conv_3x3", "Sep conv 3×3"),
        ("conv_1x7_7x1", "Conv 1×7 7×1"),
        ("ws", "Watts–Strogatz"),
        ("hswish", "h-swish"),
        ("ms", "ms"),
        ("0.25", "0.25"),
        ("", "–"),
    ],
)
def test_names_become_words(name: str, words: str) -> None:
    assert name_in_words(name) == words
