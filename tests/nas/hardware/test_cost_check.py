"""The counter itself, on modules whose costs are known by hand."""

from __future__ import annotations

from dataclasses import replace

from nas.core.cost import Cost
from nas.hardware.cost_check import Counted, counted


def test_a_convolution_with_bias_by_hand() -> None:
    from torch import nn

    # 5 filters of 3×3 on 2 channels, 4×4 places: 90·16 products, 5·16 bias additions
    found = counted(lambda: nn.Conv2d(2, 5, 3, padding=1), (2, 4, 4))
    assert found == Counted(
        params=95, macs=1_440 + 80, bias_adds=80, activations=80, peak_memory_bytes=448, weight_bytes=380
    )


def test_groups_divide_the_work() -> None:
    from torch import nn

    found = counted(lambda: nn.Conv2d(4, 8, 3, padding=1, groups=4, bias=False), (4, 6, 6))
    assert (found.params, found.macs) == (72, 72 * 36)


def test_a_linear_layer_behind_a_windowed_and_a_global_pool() -> None:
    from torch import nn

    def build() -> nn.Module:
        return nn.Sequential(nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 7))

    # the windowed pool's 3·4·4 elements count, those of the global pool do not
    assert counted(build, (3, 8, 8)) == Counted(
        params=28, macs=28, bias_adds=7, activations=3 * 4 * 4 + 7, peak_memory_bytes=4 * (192 + 48), weight_bytes=112
    )


def test_running_statistics_are_stored_but_not_trained() -> None:
    from torch import nn

    found = counted(lambda: nn.BatchNorm2d(6), (6, 4, 4))
    assert (found.params, found.macs, found.weight_bytes) == (12, 0, 4 * 24)


def test_a_recurrent_layer_is_counted_on_the_meta_device() -> None:
    from torch import nn

    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm = nn.LSTM(3, 4, batch_first=True)

        def forward(self, x):
            return self.lstm(x)[0][:, -1]

    found = counted(Last, (5, 3))
    assert found.macs - found.bias_adds == 4 * 4 * (3 + 4) * 5


def test_differences_name_the_field_and_both_numbers() -> None:
    found = Counted(params=1, macs=2, bias_adds=0, activations=3, peak_memory_bytes=99, weight_bytes=4)
    cost = Cost(params=1, macs=2, bias_adds=0, activations=3, peak_memory_bytes=99, weight_bytes=4)
    assert found.differences(cost) == {}
    assert found.differences(replace(cost, macs=5)) == {"macs": (5, 2)}
    assert found.differences(replace(cost, peak_memory_bytes=7)) == {"peak_memory_bytes": (7, 99)}
    assert replace(found, peak_memory_bytes=None).differences(cost) == {}
