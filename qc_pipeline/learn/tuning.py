"""Fine-tuning: the encoder's upper layers and the output layer learn from the corpus.

The lower layers stay as they are, so their output is computed once for every line. The output
layer starts from a logistic regression on the untouched encoder (linear probing, then
fine-tuning: Kumar et al. 2022), upper layers learn more slowly the deeper they lie.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from qc_pipeline.detect.learned.encoding import Encoded
from qc_pipeline.learn.encoder_weights import EncoderWeights
from qc_pipeline.learn.network import Batch, Encoder, Head, pooled
from qc_pipeline.learn.vocabulary import Vocabulary

_READ_AT_ONCE = 48
_PROBE_STEPS = 60
_SORTED_TOGETHER = 16  # batches whose lines are sorted by length before they are shuffled
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TuningPlan:
    """How to tune. `frozen`: layers that don't learn. `half_precision`: bfloat16 arithmetic,
    several times faster on processors made for it, with other last digits.
    """

    frozen: int = 8
    epochs: int = 4
    batch: int = 32
    rate: float = 2e-4
    head_rate: float = 5e-4
    rate_decay: float = 0.9
    warm_up: float = 0.06
    dropout: float = 0.1
    weight_decay: float = 0.01
    violation_weight: float = 2.0
    probe_decay: float = 0.002
    seed: int = 20261122
    half_precision: bool = False


@dataclass(frozen=True, slots=True)
class Network:
    """A tuned encoder and its output layer."""

    encoder: Encoder
    head: Head


def tune(
    windows: Sequence[Encoded],
    targets: Floats,
    *,
    weights: EncoderWeights,
    vocabulary: Vocabulary,
    plan: TuningPlan,
    forms: Sequence[Sequence[int]] | None = None,
    after_epoch: Callable[[int, Network], None] = lambda epoch, network: None,
) -> Network:
    """A network that gives `targets` [windows, outputs] (0 or 1) for `windows`.

    `forms`: which windows are the same line in other words; each pass reads one of them, drawn
    anew. Without it every window is a line of its own.
    """
    lines = forms if forms is not None else [[index] for index in range(len(windows))]
    torch.manual_seed(plan.seed)
    shuffler = random.Random(plan.seed)  # noqa: S311 - order of lines, nothing secret
    encoder = Encoder(weights, vocabulary, dropout=plan.dropout)
    head = Head(2 * encoder.width, targets.shape[1], dropout=plan.dropout)
    network = Network(encoder, head)
    states = _lower_states(encoder, windows, plan=plan)
    seen = sorted(shuffler.choice(line) for line in lines)
    _probe(network, [windows[i] for i in seen], [states[i] for i in seen], targets[seen], plan=plan)
    steps = plan.epochs * -(-len(lines) // plan.batch)
    optimiser, schedule = _optimiser(network, steps=steps, plan=plan)
    loss_of = nn.BCEWithLogitsLoss(
        pos_weight=torch.full((targets.shape[1],), plan.violation_weight)
    )
    wanted = torch.from_numpy(targets)
    for epoch in range(plan.epochs):
        encoder.train()
        head.train()
        for batch in _batches(windows, lines, shuffler, plan=plan):
            with torch.autocast("cpu", torch.bfloat16, enabled=plan.half_precision):
                features = _upper(encoder, _gathered(states, windows, batch), plan=plan)
            loss = loss_of(head(features), wanted[batch])
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([*encoder.parameters(), *head.parameters()], 1.0)
            optimiser.step()
            schedule.step()
        after_epoch(epoch, network)
    encoder.eval()
    head.eval()
    return network


def features_of(encoder: Encoder, windows: Sequence[Encoded]) -> Floats:
    """[windows, 2 × width] from the whole encoder, in 32-bit arithmetic."""
    encoder.eval()
    found: list[Floats] = []
    order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
    with torch.no_grad():
        for first in range(0, len(order), _READ_AT_ONCE):
            batch = encoder.embedded([windows[i] for i in order[first : first + _READ_AT_ONCE]])
            found.append(pooled(encoder.through(batch, slice(None))).numpy())
    out = np.zeros((len(windows), 2 * encoder.width), np.float32)
    out[order] = np.concatenate(found)
    return out


def _lower_states(
    encoder: Encoder, windows: Sequence[Encoded], *, plan: TuningPlan
) -> list[Tensor]:
    """What leaves the frozen layers, per line [pieces, width]."""
    encoder.eval()
    states: list[Tensor] = [torch.empty(0)] * len(windows)
    order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=plan.half_precision):
        for first in range(0, len(order), _READ_AT_ONCE):
            indexes = order[first : first + _READ_AT_ONCE]
            batch = encoder.embedded([windows[i] for i in indexes])
            after = encoder.through(batch, slice(0, plan.frozen)).states
            for row, index in enumerate(indexes):
                states[index] = after[row, : len(windows[index].ids)].to(torch.bfloat16).clone()
    return states


def _gathered(states: Sequence[Tensor], windows: Sequence[Encoded], lines: Sequence[int]) -> Batch:
    longest = max(len(states[i]) for i in lines)
    gathered = torch.zeros((len(lines), longest, states[lines[0]].shape[1]))
    there = torch.zeros((len(lines), longest))
    text = torch.zeros((len(lines), longest))
    for row, i in enumerate(lines):
        gathered[row, : len(states[i])] = states[i].float()
        there[row, : len(states[i])] = 1
        text[row, windows[i].text] = 1
    return Batch(gathered, there, text)


def _upper(encoder: Encoder, batch: Batch, *, plan: TuningPlan) -> Tensor:
    return pooled(encoder.through(batch, slice(plan.frozen, None)))


def _probe(
    network: Network,
    windows: Sequence[Encoded],
    states: Sequence[Tensor],
    targets: Floats,
    *,
    plan: TuningPlan,
) -> None:
    """Start the output layer from a logistic regression on the features as they are."""
    network.encoder.eval()
    order = sorted(range(len(windows)), key=lambda i: len(windows[i].ids))
    rows: list[Floats] = []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=plan.half_precision):
        for first in range(0, len(order), _READ_AT_ONCE):
            batch = _gathered(states, windows, order[first : first + _READ_AT_ONCE])
            rows.append(_upper(network.encoder, batch, plan=plan).float().numpy())
    features = np.zeros((len(windows), 2 * network.encoder.width), np.float32)
    features[order] = np.concatenate(rows)
    mean, spread = features.mean(0), features.std(0) + 1e-6
    network.head.mean.copy_(torch.from_numpy(mean))
    network.head.spread.copy_(torch.from_numpy(spread))
    known = torch.from_numpy((features - mean) / spread)
    wanted = torch.from_numpy(targets)
    linear = network.head.linear
    solver = torch.optim.LBFGS(
        linear.parameters(), max_iter=_PROBE_STEPS, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        solver.zero_grad()
        value = nn.functional.binary_cross_entropy_with_logits(linear(known), wanted)
        value = value + plan.probe_decay * linear.weight.square().sum()
        value.backward()
        return value

    solver.step(loss)


def _optimiser(
    network: Network, *, steps: int, plan: TuningPlan
) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    for part in (network.encoder.word, network.encoder.position, network.encoder.norm):
        part.requires_grad_(False)
    groups = [{"params": list(network.head.linear.parameters()), "lr": plan.head_rate}]
    layers = list(network.encoder.layers)
    for number, layer in enumerate(layers):
        layer.requires_grad_(number >= plan.frozen)
        if number >= plan.frozen:
            rate = plan.rate * plan.rate_decay ** (len(layers) - 1 - number)
            groups.append({"params": list(layer.parameters()), "lr": rate})
    optimiser = torch.optim.AdamW(groups, weight_decay=plan.weight_decay)
    warm = max(1, int(plan.warm_up * steps))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / warm) * max(0.02, 1 - step / steps)
    )
    return optimiser, schedule


def _batches(
    windows: Sequence[Encoded],
    lines: Sequence[Sequence[int]],
    shuffler: random.Random,
    *,
    plan: TuningPlan,
) -> list[list[int]]:
    """Every line once, in one of its forms, in batches of like length and random order."""
    order = [shuffler.choice(line) for line in lines]
    shuffler.shuffle(order)
    batches: list[list[int]] = []
    together = plan.batch * _SORTED_TOGETHER
    for first in range(0, len(order), together):
        alike = sorted(order[first : first + together], key=lambda i: len(windows[i].ids))
        batches += [alike[i : i + plan.batch] for i in range(0, len(alike), plan.batch)]
    shuffler.shuffle(batches)
    return batches
