"""A candidate of a population as the network it is by itself."""

from __future__ import annotations

import torch
from torch import nn

from nas.connections.alone import state_of
from nas.connections.form import Form, Weights
from nas.connections.variation import Wires, genotype_of
from nas.spaces.connections import Connections


def network_of(space: Connections, form: Form, wires: Wires, weights: Weights, row: int) -> nn.Module:
    """Built by the space, with the weights that the candidate at `row` has."""
    network = space.build(genotype_of(wires), form.input_shape, form.num_outputs)
    state, given = network.state_dict(), state_of(form, wires, weights, row)
    missing = {name for name in state if "tracked" not in name} ^ set(given)
    assert not missing, missing
    with torch.no_grad():
        for name, tensor in given.items():
            state[name].copy_(tensor)
    return network
