# SPDX-License-Identifier: GPL-3.0-or-later
"""The numerical proof: Vosk computes with an exported model what torch computes.

A random small network is exported with a tiny static graph. Vosk's path score must equal that of a Viterbi search in
Python over the same graph with torch's logits: features, running mean, network, topology and graph are then the same.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from models.asr_id.acoustic.align import align, logits_of
from models.asr_id.acoustic.export import export_acoustic
from models.asr_id.acoustic.features import RATE_HZ, mfcc
from models.asr_id.acoustic.network import PHONE_COUNT, Checkpoint, NetworkShape, TdnnF
from models.asr_id.language.arpa import train
from models.asr_id.language.graph import build_static
from models.asr_id.language.lexfile import pronounce_all
from models.asr_id.language.phonetable import phone_table

pytestmark = pytest.mark.integration

WORDS = ("saya", "lupa", "efin")
GRAPH_SCALE = 0.9  # Vosk scales graph costs by this in its final result
DEMO = Path(__file__).parents[2] / "models/demo_speech/audio/lupa-efin.tanya.flac"
_DECODE = """
import json, sys, soundfile, vosk
vosk.SetLogLevel(-1)
recognizer = vosk.KaldiRecognizer(vosk.Model(sys.argv[1]), 8000)
recognizer.SetMaxAlternatives(1)
recognizer.AcceptWaveform(soundfile.read(sys.argv[2], dtype="int16")[0].tobytes())
print(recognizer.FinalResult())
"""


@pytest.fixture
def checkpoint() -> Checkpoint:
    torch.manual_seed(7)
    network = TdnnF(NetworkShape(width=32, bottleneck=12, blocks=3, first_width=20, prefinal=16))
    torch.nn.init.normal_(network.output.weight, std=0.5)
    network.train()
    network(torch.randn(8, 90, 40) * 10)  # moves the batch statistics away from their start
    network.eval()
    network.feature_scale.fill_(0.1)
    return Checkpoint(network, torch.randn(40) * 5, torch.full((PHONE_COUNT,) * 3, 1 / PHONE_COUNT), {})


def _arcs(folder: Path) -> tuple[int, list[tuple[int, int, int, float]], dict[int, float]]:
    printed = subprocess.run(["fstprint", str(folder / "graph/HCLG.fst")], capture_output=True, text=True, check=True)
    arcs, finals, start = [], {}, None
    for line in printed.stdout.splitlines():
        fields = line.split("\t")
        start = int(fields[0]) if start is None else start
        if len(fields) >= 4:
            cost = float(fields[4]) if len(fields) > 4 else 0.0
            arcs.append((int(fields[0]), int(fields[1]), int(fields[2]), cost))
        else:
            finals[int(fields[0])] = float(fields[1]) if len(fields) > 1 else 0.0
    assert start is not None
    return start, arcs, finals


def _viterbi_score(folder: Path, logits: np.ndarray) -> float:
    """Score of the best path, graph costs scaled as in Vosk's final result."""
    start, arcs, finals = _arcs(folder)
    base = [phone for _, phone, _ in phone_table()]
    costs = np.full(1 + max(max(source, goal) for source, goal, _, _ in arcs), 1e9)
    costs[start] = 0.0
    _follow_empty(costs, arcs)
    for frame in logits:
        before, costs = costs, np.full(len(costs), 1e9)
        for source, goal, label, cost in arcs:
            if label:
                score = frame[2 * base[(label + 1) // 2 - 1] + label % 2]
                costs[goal] = min(costs[goal], before[source] + GRAPH_SCALE * cost - score)
        _follow_empty(costs, arcs)
    return -min(float(costs[state]) + GRAPH_SCALE * cost for state, cost in finals.items())


def _follow_empty(costs: np.ndarray, arcs: list[tuple[int, int, int, float]]) -> None:
    empty = [(source, goal, GRAPH_SCALE * cost) for source, goal, label, cost in arcs if label == 0]
    changed = True
    while changed:
        changed = False
        for source, goal, cost in empty:
            if costs[source] + cost < costs[goal] - 1e-9:
                costs[goal], changed = costs[source] + cost, True


def _noisy_speech() -> np.ndarray:
    """Two seconds with some noise: near digital silence the single-precision FFTs of both sides round differently."""
    speech = soundfile.read(DEMO, dtype="int16", frames=2 * RATE_HZ)[0]
    return np.round(speech + np.random.default_rng(1).normal(0, 30, len(speech))).clip(-32768, 32767).astype(np.int16)


def test_vosk_and_torch_give_the_same_score(checkpoint: Checkpoint, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    samples = _noisy_speech()
    wav = tmp_path / "two-seconds.wav"
    soundfile.write(wav, samples, RATE_HZ)
    model = tmp_path / "model"
    export_acoustic(checkpoint, model)
    build_static(model, train([("saya lupa efin", 1.0)], WORDS), pronounce_all(WORDS))
    done = subprocess.run([sys.executable, "-c", _DECODE, str(model), str(wav)], capture_output=True, check=True)
    answer = json.loads(done.stdout)["alternatives"][0]
    features = mfcc(samples)
    assert len(features) % 3 == 0  # else Vosk fills the last output frame up
    ours = _viterbi_score(model, logits_of(checkpoint, features))
    assert answer["confidence"] == pytest.approx(ours, rel=1e-4, abs=1e-2)


def test_alignment_covers_every_word_in_order(checkpoint: Checkpoint) -> None:
    features = mfcc(soundfile.read(DEMO, dtype="int16", frames=2 * RATE_HZ)[0])
    readings = {entry.word: [entry.phones] for entry in pronounce_all(WORDS)}
    found = align(checkpoint, features, WORDS, lambda word: readings[word])
    assert found is not None
    assert [word for word, _, _ in found.words] == list(WORDS)
    assert all(start < end for _, start, end in found.words)
    assert found.segments[0, 1] == 0 and found.segments[-1, 2] == len(features)
    assert (found.segments[1:, 1] == found.segments[:-1, 2]).all()
    assert found.score <= 0
    assert align(checkpoint, features[:36], WORDS * 9, lambda word: readings[word]) is None
