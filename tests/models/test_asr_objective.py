# SPDX-License-Identifier: GPL-3.0-or-later
"""The objective against the definition: sums over all paths, with torch's own differentiation."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from models.asr_id.acoustic.network import PDF_COUNT, PHONE_COUNT
from models.asr_id.acoustic.objective import IMPOSSIBLE, Paths, denominator, numerator, phone_trigram

pytestmark = pytest.mark.unit

FRAMES, LENGTHS = 9, torch.tensor([9, 6, 8])


@pytest.fixture
def logits() -> Tensor:
    return torch.randn(len(LENGTHS), FRAMES, PDF_COUNT, generator=torch.Generator().manual_seed(1)) * 2


def _differentiated(logits: Tensor, value: Tensor) -> Tensor:
    (gradient,) = torch.autograd.grad(value.sum(), logits)
    return gradient


def _slow_denominator(logits: Tensor, length: int, trigram: Tensor) -> Tensor:
    """One utterance, log domain, state by state: (before, current) with a self-loop on the second pdf."""
    alpha = torch.full((PHONE_COUNT, PHONE_COUNT), -1e4)
    start = torch.zeros(PHONE_COUNT, PHONE_COUNT, dtype=torch.bool)
    start[0, 0] = True
    alpha = torch.where(start, logits[0, 0], alpha)
    for t in range(1, length):
        entered = torch.logsumexp(alpha[:, :, None] + trigram.log(), 0) + logits[t, 0::2][None]
        alpha = torch.logaddexp(entered, alpha + logits[t, 1::2][None])
    return torch.logsumexp(alpha[:, 0], 0)


def test_denominator_and_its_gradient_are_those_of_the_definition(logits: Tensor) -> None:
    trigram = torch.softmax(torch.randn(PHONE_COUNT, PHONE_COUNT, PHONE_COUNT), -1)
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    value = denominator(ours, LENGTHS, trigram)
    slow = torch.stack([_slow_denominator(theirs[row], int(n), trigram) for row, n in enumerate(LENGTHS)])
    torch.testing.assert_close(value, slow, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(_differentiated(ours, value), _differentiated(theirs, slow), rtol=1e-3, atol=1e-4)


def _slow_numerator(logits: Tensor, length: int, phones: list[int], low: list[int], high: list[int]) -> Tensor:
    """Sum over every way of cutting `length` frames into the phones."""

    def paths(at: int, frame: int) -> Tensor:
        if at == len(phones):
            return torch.tensor(0.0 if frame == length else -torch.inf)
        sums = []
        score = torch.tensor(0.0)
        for end in range(frame + 1, length + 1):
            if not low[at] <= end - 1 < high[at] or not low[at] <= frame:
                break
            score = score + logits[end - 1, 2 * phones[at] + (end - 1 > frame)]
            sums.append(score + paths(at + 1, end))
        return torch.logsumexp(torch.stack(sums), 0) if sums else torch.tensor(-torch.inf)

    return paths(0, 0)


def test_numerator_and_its_gradient_are_those_of_the_definition(logits: Tensor) -> None:
    phones, counts = torch.tensor([[0, 5, 7, 0], [0, 3, 0, 0], [0, 5, 5, 0]]), torch.tensor([4, 3, 4])
    low, high = torch.tensor([[0, 0, 2, 3]] * 3), torch.tensor([[4, 7, 8, 9], [3, 5, 6, 0], [3, 6, 8, 8]])
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    value = numerator(ours, LENGTHS, Paths(phones, counts, low, high))
    slow = torch.stack(
        [
            _slow_numerator(
                theirs[row], int(LENGTHS[row]), phones[row, :n].tolist(), low[row].tolist(), high[row].tolist()
            )
            for row, n in enumerate(counts.tolist())
        ]
    )
    torch.testing.assert_close(value, slow, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(_differentiated(ours, value), _differentiated(theirs, slow), rtol=1e-3, atol=1e-4)


def test_phones_that_do_not_fit_their_windows_have_no_path_and_no_gradient(logits: Tensor) -> None:
    phones, counts = torch.tensor([[0, 5, 0]] * 3), torch.tensor([3, 3, 3])
    low, high = torch.tensor([[0, 8, 8]] * 3), torch.tensor([[2, 9, 9]] * 3)
    given = logits.clone().requires_grad_()
    value = numerator(given, LENGTHS, Paths(phones, counts, low, high))
    assert (value < IMPOSSIBLE).all()
    assert (_differentiated(given, value) == 0).all()


def test_trigram_probabilities_sum_to_one_and_prefer_what_was_seen() -> None:
    trigram = phone_trigram([[0, 5, 7, 0], [0, 5, 7, 0], [0, 5, 9, 0]])
    torch.testing.assert_close(trigram.sum(-1), torch.ones(PHONE_COUNT, PHONE_COUNT))
    assert trigram[0, 5, 7] > trigram[0, 5, 9] > trigram[0, 5, 11] > 0
