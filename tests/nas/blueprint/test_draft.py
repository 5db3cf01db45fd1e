"""How blueprints are written: names, groups, shapes, what is counted."""

from __future__ import annotations

import pytest

from nas.blueprint.cost import blueprint_cost, peak_of
from nas.blueprint.draft import Draft
from nas.blueprint.piece import piece
from nas.operations.connections import identity
from nas.operations.convolutions import conv, conv_bn, relu_conv_bn
from nas.operations.heads import mean_linear_head
from nas.operations.primitives.activation import Activation
from nas.operations.primitives.merging import Add, Concat, Multiply
from nas.operations.primitives.shaping import Identity, Zero
from nas.operations.squeeze_excite import squeeze_excite


def test_layers_are_named_by_their_groups_and_numbered_where_names_repeat() -> None:
    draft = Draft((3, 8, 8))
    x = draft.inputs[0]
    with draft.group("stem", "Stem"):
        x = conv(draft, conv(draft, x, 4, 3), 4, 3)
    with draft.group("stem", "another label"):
        x = conv(draft, x, 4, 1)
    blueprint = draft.finish(x)
    assert [layer.path for layer in blueprint.layers] == [("stem", "conv"), ("stem", "conv2"), ("stem", "conv3")]
    assert [(group.path, group.label) for group in blueprint.groups] == [(("stem",), "Stem")]


def test_a_layer_never_takes_the_name_of_a_group() -> None:
    draft = Draft((4, 2, 2))
    with draft.group("conv"):
        x = conv(draft, draft.inputs[0], 4, 1)
    blueprint = draft.finish(conv(draft, x, 4, 1))
    assert [layer.path for layer in blueprint.layers] == [("conv", "conv"), ("conv2",)]


@pytest.mark.parametrize(
    ("primitive", "shapes"),
    [
        (Add(), ((3, 4, 4), (4, 4, 4))),
        (Concat(), ((3, 4, 4), (3, 5, 4))),
        (Multiply(), ((3, 4, 4), (4, 1, 1))),
    ],
)
def test_tensors_that_do_not_fit_are_refused(
    primitive: Add | Concat | Multiply, shapes: tuple[tuple[int, ...]]
) -> None:
    draft = Draft(*shapes)
    with pytest.raises(ValueError, match=r"\(3, 4, 4\)"):
        draft.apply(primitive, *draft.inputs)


def test_an_auxiliary_head_is_no_part_of_the_costs() -> None:
    draft = Draft((3, 8, 8))
    x = conv_bn(draft, draft.inputs[0], 4, 3)
    logits = mean_linear_head(draft, x, 5)
    plain = draft.finish(logits)
    with draft.auxiliary():
        auxiliary = mean_linear_head(draft, x, 5)
    both = draft.finish(logits, auxiliary=auxiliary)
    assert blueprint_cost(both) == blueprint_cost(plain)
    assert sum(layer.is_auxiliary for layer in both.layers) == 3


def test_weights_per_channel_do_not_lend_their_buffer_to_the_map() -> None:
    """The map is read again after its scaling, the weights are not: the result needs a buffer of its own."""
    draft = Draft((4, 8, 8))
    (x,) = draft.inputs
    scaled = squeeze_excite(draft, x, 2)
    blueprint = draft.finish(draft.apply(Add(), scaled, x))
    assert peak_of(blueprint).elements == 2 * 4 * 8 * 8 + 4


def test_zeros_are_constants_and_take_no_memory() -> None:
    draft = Draft((4, 8, 8))
    (x,) = draft.inputs
    blueprint = draft.finish(draft.apply(Add(), draft.apply(Zero(), x), draft.apply(Activation("relu"), x)))
    assert peak_of(blueprint).elements == 4 * 8 * 8


def test_what_no_output_needs_takes_no_memory_but_is_counted() -> None:
    draft = Draft((4, 8, 8))
    (x,) = draft.inputs
    conv(draft, x, 400, 1)
    blueprint = draft.finish(draft.apply(Activation("relu"), x))
    assert peak_of(blueprint).elements == 4 * 8 * 8
    assert blueprint.count.params == 1600


def test_a_piece_knows_whether_others_still_read_its_input() -> None:
    assert piece(identity, (4, 8, 8)).is_alias
    kept = piece(conv_bn, (4, 8, 8), 6, 3)
    assert (kept.peak, kept.peak_beside, kept.is_alias) == ((4 + 6) * 64, (4 + 6) * 64, False)
    before = piece(relu_conv_bn, (4, 8, 8), 6, 3)
    assert (before.peak, before.peak_beside) == ((4 + 6) * 64, (4 + 4 + 6) * 64)


def test_groups_without_layers_are_left_out() -> None:
    draft = Draft((3, 4, 4))
    with draft.group("outer"), draft.group("inner"):
        x = conv_bn(draft, draft.inputs[0], 2, 1)
    with draft.group("outer"), draft.group("empty"), draft.group("emptier"):
        pass
    assert [group.path for group in draft.finish(x).groups] == [("outer",), ("outer", "inner")]


def test_a_group_cannot_have_the_name_of_a_layer() -> None:
    draft = Draft((3, 4, 4))
    draft.apply(Identity(), draft.inputs[0], name="block")
    with pytest.raises(ValueError, match="block is a layer already"), draft.group("block"):
        pass
