"""Well-known cells of NAS-Bench-201: name, title, published text, source."""

from __future__ import annotations

_NATS = "NATS-Bench, arXiv 2009.00437"
_CODE = "Reference code of NAS-Bench-201, arXiv 2001.00326"
PUBLISHED = (
    (
        "best_cifar10",
        "Best on CIFAR-10",
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|",
        f"{_NATS}: architecture 6111, 94.37 % test accuracy (mean of three seeds, 200 epochs)",
    ),
    (
        "best_cifar10_tied",
        "Best on CIFAR-10, tied",
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_3x3~2|",
        f"{_NATS}: architecture 13714, 94.37 % test accuracy (mean of three seeds, 200 epochs)",
    ),
    (
        "best_cifar100",
        "Best on CIFAR-100",
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
        f"{_NATS}: architecture 9930, 73.51 % test accuracy (mean of three seeds, 200 epochs)",
    ),
    (
        "best_imagenet16",
        "Best on ImageNet16-120",
        "|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
        f"{_NATS}: architecture 857, 47.31 % test accuracy (mean of three seeds, 200 epochs)",
    ),
    (
        "resnet",
        "Residual block",
        "|nor_conv_3x3~0|+|none~0|nor_conv_3x3~1|+|skip_connect~0|none~1|skip_connect~2|",
        _CODE,
    ),
    (
        "all_conv3x3",
        "All 3×3 convolutions",
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
        _CODE,
    ),
    (
        "all_conv1x1",
        "All 1×1 convolutions",
        "|nor_conv_1x1~0|+|nor_conv_1x1~0|nor_conv_1x1~1|+|nor_conv_1x1~0|nor_conv_1x1~1|nor_conv_1x1~2|",
        _CODE,
    ),
    (
        "all_skip",
        "All skip connections",
        "|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|",
        _CODE,
    ),
)
