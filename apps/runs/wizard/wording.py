"""The names of choices and of well-known settings as people write them."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

_WHOLE = {
    "<=": "≤",
    ">=": "≥",
    "ba": "Barabási–Albert",
    "er": "Erdős–Rényi",
    "ms": "ms",
    "s": "s",
    "ws": "Watts–Strogatz",
}
"""Signs, and abbreviations that are words of their own elsewhere."""

_WORDS = {
    "adamw": "AdamW",
    "anynet": "AnyNet",
    "bananas": "BANANAS",
    "cifar": "CIFAR",
    "cpu": "CPU",
    "gpu": "GPU",
    "hswish": "h-swish",
    "imagenet": "ImageNet",
    "json": "JSON",
    "macs": "MACs",
    "matern52": "Matérn 5/2",
    "mbconv3": "MBConv3",
    "mbconv6": "MBConv6",
    "mobilenet": "MobileNet",
    "nds": "NDS",
    "nsga": "NSGA",
    "nsga2": "NSGA-II",
    "ofa": "OFA",
    "qmc": "Quasi-random (QMC)",
    "rbf": "RBF",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "resnet": "ResNet",
    "resnext": "ResNeXt",
    "sgd": "SGD",
    "tinynas": "TinyNAS",
    "tpe": "TPE",
    "v2": "v2",
}
"""Names and abbreviations that have a spelling of their own."""

_SIZE = re.compile(r"(?<=\d)x(?=\d)")


def name_in_words(name: str) -> str:
    """ "first_objective" → "First objective", "cifar_resnet" → "CIFAR ResNet", "sep_conv_3x3" → "Sep conv 3×3"."""
    if name in _WHOLE:
        return _(_WHOLE[name])
    words = [_SIZE.sub("×", _WORDS.get(word, word)) for word in name.split("_") if word]
    if not words:
        return "–"
    if len(words) > 1 and len(words[-1]) == 1 and words[-1].isalpha():
        words[-1] = words[-1].upper()  # one of a family: "anynet_c"
    if words[0] not in _WORDS.values():
        words[0] = words[0][0].upper() + words[0][1:]
    return _(" ".join(words))


def how_to_get_one(kind: str) -> str:
    """What to do where a setting refers to a kind of thing of which there is none."""
    if kind == "supernet":
        return _(
            "there is none yet; a search with shared weights, like single-path one-shot, leaves its own when it has ended"
        )
    return _("there is none yet; upload one first")
