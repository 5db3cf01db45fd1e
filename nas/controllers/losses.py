"""What a policy minimises: the policy gradient with a baseline, and its clipped form. Gradients are with respect to
log-probabilities; those with respect to logits follow from `logit_gradient`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nas.controllers.lstm import Array


def reinforce_loss(log_probs: Array, advantages: Array) -> tuple[float, Array]:
    """−(1/m) Σ advantage · log P(architecture), and its gradient. Williams 1992; Zoph and Le 2017, section 3.2.

    Args:
      log_probs: (m, num_decisions), of the actions that were taken.
      advantages: (m,), reward minus baseline.
    """
    num = len(log_probs)
    gradient = np.broadcast_to(-advantages[:, None] / num, log_probs.shape)
    return float(-(advantages * log_probs.sum(axis=1)).sum() / num), gradient


def ppo_loss(log_probs: Array, old_log_probs: Array, advantages: Array, clip: float) -> tuple[float, Array]:
    """−(1/m) Σ min(r·advantage, clip(r, 1 ± clip)·advantage) with r = P / P_old per decision, and its gradient.

    Schulman et al. 2017, arXiv 1707.06347, equation 7; arrays as in `reinforce_loss`.
    """
    num = len(log_probs)
    ratios = np.exp(log_probs - old_log_probs)
    free = ratios * advantages[:, None]
    bounded = np.clip(ratios, 1 - clip, 1 + clip) * advantages[:, None]
    gradient = np.where(free <= bounded, -free, 0.0) / num  # dr/dlog P = r; the clipped branch is constant
    return float(-np.minimum(free, bounded).sum() / num), gradient


def logit_gradient(log_probs: Array, actions: npt.NDArray[np.int64], d_log_prob: Array, d_entropy: Array) -> Array:
    """The gradient with respect to the logits of one decision.

    Args:
      log_probs: (m, num_options), of all options.
      actions: (m,), the options taken.
      d_log_prob: (m,), gradient with respect to the log-probability of the option taken.
      d_entropy: (m,), gradient with respect to the entropy −Σ p log p.
    """
    probs = np.exp(log_probs)
    entropy = -(probs * log_probs).sum(axis=1, keepdims=True)
    gradient: Array = -d_log_prob[:, None] * probs - d_entropy[:, None] * probs * (log_probs + entropy)
    gradient[np.arange(len(actions)), actions] += d_log_prob
    return gradient
