# SPDX-License-Identifier: GPL-3.0-or-later
"""Forced alignment: which frames belong to which phone and word, given a checkpoint and what was said.

Viterbi over a linear graph of the words' pronunciations, with optional silence around every word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from models.asr_id.acoustic.data import Segments
from models.asr_id.acoustic.features import Features
from models.asr_id.acoustic.network import SUBSAMPLING, Checkpoint
from models.asr_id.acoustic.perturb import CMVN_GLOBAL_FRAMES, running_mean_normalised
from models.asr_id.phones import PHONE_ID

Pronounce = Callable[[str], Sequence[Sequence[str]]]
_NEVER = -1e9
_SHORTEST_FRAMES = 30


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where everything lies. `score` is the mean log-odds per output frame; near 0: a good match."""

    segments: Segments
    words: tuple[tuple[str, float, float], ...]  # (word, start_s, end_s)
    score: float


@dataclass(slots=True)
class _Graph:
    """One state per phone occurrence; `before` lists each state's predecessors (-1: the start)."""

    phones: list[int]
    words: list[int]
    before: list[list[int]]
    ends: list[int]


def logits_of(checkpoint: Checkpoint, features: Features) -> npt.NDArray[np.float32]:
    """Return (frames / 3, pdfs) logits of raw features as at the start of a call."""
    count = len(features) // SUBSAMPLING * SUBSAMPLING
    cepstra = torch.from_numpy(np.ascontiguousarray(features[:count], np.float32))[None]
    memory = torch.full((1, 1, 1), float(CMVN_GLOBAL_FRAMES))
    checkpoint.network.eval()
    with torch.no_grad():
        normalised = running_mean_normalised(cepstra, memory, checkpoint.feature_mean[None, None])
        logits: npt.NDArray[np.float32] = checkpoint.network(normalised)[0][0].numpy()
    return logits


def align(checkpoint: Checkpoint, features: Features, words: Sequence[str], pronounce: Pronounce) -> Alignment | None:
    """Align words with features (frames, 40); None when the audio is too short for them.

    Raises what `pronounce` raises for a word it cannot read.
    """
    if len(features) < _SHORTEST_FRAMES or not words:
        return None
    logits = logits_of(checkpoint, features)
    graph = _graph(words, pronounce)
    path, best = _viterbi(logits, graph)
    if best <= _NEVER / 2:
        return None
    free = _unconstrained(logits)
    segments, spans = _read_path(path, graph, len(features))
    named = tuple((words[at], start * 0.01, end * 0.01) for at, start, end in spans)
    return Alignment(segments, named, float((best - free) / len(logits)))


def _unconstrained(logits: npt.NDArray[np.float32]) -> float:
    """Score of the best pdf in every frame: what any sequence could at most reach."""
    return float(logits.max(1).sum())


def _graph(words: Sequence[str], pronounce: Pronounce) -> _Graph:
    graph = _Graph([0], [-1], [[-1]], [])
    ends = [0]
    for number, word in enumerate(words):
        finished = []
        for variant in pronounce(word):
            before = ends
            for phone in variant:
                graph.phones.append(PHONE_ID[phone])
                graph.words.append(number)
                graph.before.append(list(before))
                before = [len(graph.phones) - 1]
            finished += before
        graph.phones.append(0)
        graph.words.append(-1)
        graph.before.append(list(finished))
        ends = [*finished, len(graph.phones) - 1]
    graph.ends = ends
    return graph


def _viterbi(logits: npt.NDArray[np.float32], graph: _Graph) -> tuple[list[tuple[int, bool]], float]:
    """Return (state, entered in this frame) for every output frame and the score."""
    count = len(graph.phones)
    phones = np.array(graph.phones)
    width = max(map(len, graph.before))
    before = np.full((count, width), count)
    for state, sources in enumerate(graph.before):
        before[state, : len(sources)] = [count + 1 if source < 0 else source for source in sources]
    scores = np.full(count + 2, _NEVER)
    scores[count + 1] = 0.0
    trace = np.empty((len(logits), count), np.int64)
    rows = np.arange(count)
    for t, frame in enumerate(logits):
        candidates = scores[before]
        pick = candidates.argmax(1)
        entered = candidates[rows, pick] + frame[2 * phones]
        stayed = scores[:count] + frame[2 * phones + 1]
        trace[t] = np.where(stayed >= entered, -1, before[rows, pick])
        scores = np.append(np.maximum(stayed, entered), [_NEVER, _NEVER])
    state = max(graph.ends, key=lambda end: scores[end])
    best = float(scores[state])
    path: list[tuple[int, bool]] = []
    for t in range(len(logits) - 1, -1, -1):
        source = trace[t, state]
        path.append((state, source >= 0))
        if 0 <= source < count:
            state = int(source)
    return path[::-1], best


def _read_path(
    path: Sequence[tuple[int, bool]], graph: _Graph, frames: int
) -> tuple[Segments, list[tuple[int, int, int]]]:
    rows: list[list[int]] = []
    spans: dict[int, list[int]] = {}
    for t, (state, entered) in enumerate(path):
        begin, end = SUBSAMPLING * t, SUBSAMPLING * (t + 1)
        if entered or not rows:
            rows.append([graph.phones[state], begin, end])
        rows[-1][2] = end
        word = graph.words[state]
        if word >= 0:
            spans.setdefault(word, [begin, end])[1] = end
    if rows[-1][0] == 0:
        rows[-1][2] = frames
    else:
        rows.append([0, rows[-1][2], frames])
    return np.array(rows, np.int32), [(word, begin, end) for word, (begin, end) in spans.items()]
