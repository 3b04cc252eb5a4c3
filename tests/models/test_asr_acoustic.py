# SPDX-License-Identifier: GPL-3.0-or-later
"""Features, damage, perturbation, training data and training of the acoustic model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.asr_id.acoustic import augment, noises
from models.asr_id.acoustic.batches import plain_batch, plan
from models.asr_id.acoustic.data import (
    Utterance,
    is_complete,
    read_shards,
    segments_of,
    shards_in,
    target_of,
    write_shard,
)
from models.asr_id.acoustic.features import RATE_HZ, mel_matrices, mfcc
from models.asr_id.acoustic.network import Checkpoint, NetworkShape, TdnnF
from models.asr_id.acoustic.perturb import Perturbation, Strength, running_mean_normalised
from models.asr_id.acoustic.train import Schedule, evaluate, train

pytestmark = pytest.mark.unit

TINY = NetworkShape(width=24, bottleneck=8, blocks=2, first_width=16, prefinal=12)


def _tone(seconds: float, hz: float = 300.0) -> np.ndarray:
    return 6000 * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)


def _utterance(seed: int, frames: int = 90) -> Utterance:
    """Three 'phones' that differ in pitch, between silences."""
    random = np.random.default_rng(seed)
    part = frames * 80 // 5
    pieces = [np.zeros(part), _tone(1, 300)[:part], _tone(1, 900)[:part], _tone(1, 2000)[:part], np.zeros(part)]
    features = mfcc(np.concatenate(pieces) + random.normal(0, 30, 5 * part))
    step = part / RATE_HZ
    phones = [("SIL", 0, step), ("a", step, 2 * step), ("i", 2 * step, 3 * step), ("s", 3 * step, 4 * step)]
    return Utterance(features.astype(np.float16), segments_of(phones, len(features), 0.0, RATE_HZ), "ais", f"v{seed}")


def test_features_have_a_frame_every_10_ms_and_their_mel_transform_inverts() -> None:
    features = mfcc(_tone(1.0))
    assert features.shape == (98, 40)
    to_cepstrum, to_mel = mel_matrices()
    np.testing.assert_allclose(features @ to_mel @ to_cepstrum, features, atol=1e-2)
    mel = features @ to_mel
    assert 3 <= int(mel.mean(0).argmax()) <= 8  # 300 Hz lies low among the 40 bands from 60 to 3800 Hz


def test_too_short_audio_has_no_frames() -> None:
    assert mfcc(np.zeros(50)).shape == (0, 40)


def test_segments_are_gapless_and_short_silences_vanish() -> None:
    rows = segments_of([("a", 0.0, 0.2), ("SIL", 0.2, 0.21), ("i", 0.21, 0.5)], 80, 0.1, RATE_HZ)
    assert rows[0, 1] == 0 and rows[-1, 2] == 80
    assert (rows[1:, 1] == rows[:-1, 2]).all()
    assert rows[:, 0].tolist() == [0, 1, 2, 0]  # a, i are phones 1 and 2


def test_a_target_names_every_output_frame_and_refuses_too_many_phones() -> None:
    item = _utterance(0)
    target = target_of(item.segments, item.frames)
    assert target is not None
    assert len(target.labels) == item.frames // 3
    assert set((target.labels // 2).tolist()) == {0, *(int(phone) for phone in item.segments[:, 0])}
    assert target_of(item.segments, 9) is None


def test_shards_come_back_as_written(tmp_path: Path) -> None:
    items = [_utterance(0), _utterance(1, 60)]
    base = tmp_path / "deep" / "one"
    assert not is_complete(base)
    assert write_shard(base, items) == 2
    back = list(read_shards(shards_in(base.parent)))
    for item, again in zip(items, back, strict=True):
        np.testing.assert_array_equal(item.features, again.features)
        np.testing.assert_array_equal(item.segments, again.segments)
        assert (item.text, item.speaker) == (again.text, again.speaker)


@pytest.mark.parametrize("codec", augment.CODECS)
def test_codecs_keep_length_and_position(codec: str) -> None:
    speech = np.round(_tone(0.5) * np.hanning(4000))
    coded = augment.encode(speech, codec)
    assert len(coded) == len(speech)
    lags = np.correlate(coded, speech, "full").argmax() - len(speech) + 1
    assert abs(lags) <= 1
    assert np.corrcoef(coded, speech)[0, 1] > 0.9


def test_damage_is_seeded_keeps_length_and_stays_in_range() -> None:
    clean = _tone(1.0)
    first, second = augment.Telephone(5)(clean), augment.Telephone(5)(clean)
    np.testing.assert_array_equal(first, second)
    assert len(first) == len(clean)
    for seed in range(12):
        damaged = augment.Telephone(seed)(clean)
        assert np.abs(damaged).max() <= 32768 and np.isfinite(damaged).all()
        assert np.array_equal(damaged, np.round(damaged))


def test_lost_packets_are_concealed_not_removed() -> None:
    steady = _tone(1.0)
    damaged = augment.lose_packets(steady, np.random.default_rng(1), 0.2)
    assert len(damaged) == len(steady)
    assert 0.02 < np.mean(damaged != steady) < 0.7


@pytest.mark.parametrize("kind", noises.kinds())
def test_backgrounds_have_unit_level(kind: str) -> None:
    sound = noises.background(8000, np.random.default_rng(2), kind)
    assert len(sound) == 8000
    assert sound.std() == pytest.approx(1.0, abs=0.01)


def test_tempo_moves_boundaries_along_with_the_frames() -> None:
    item = _utterance(3, 120)
    features = np.asarray(item.features, np.float32)
    ramp = np.repeat(np.arange(len(features), dtype=np.float32)[:, None], 40, 1)
    moved = Perturbation(Strength(), 4).tempo(ramp, item.segments)
    assert moved is not None
    warped, segments = moved
    assert segments[-1, 2] == len(warped)
    assert (segments[1:, 1] == segments[:-1, 2]).all()
    for (_, begin, _), (_, original, _) in zip(segments[1:], item.segments[1:], strict=True):
        assert abs(float(warped[min(begin, len(warped) - 1), 0]) - original) < 4


def test_no_strength_changes_nothing_but_masks_and_warps_do() -> None:
    cepstra = torch.from_numpy(np.asarray(_utterance(1).features, np.float32))[None]
    frames = torch.tensor([cepstra.shape[1]])
    varied = Perturbation(Strength(), 1).spectrum(cepstra, frames)
    assert varied.shape == cepstra.shape
    assert (varied - cepstra).abs().max() > 1


def test_running_mean_is_that_of_the_decoder() -> None:
    cepstra = torch.randn(1, 900, 40)
    prior = torch.randn(40)
    ours = running_mean_normalised(cepstra, torch.full((1, 1, 1), 200.0), prior[None, None])[0]
    for frame in (0, 10, 450, 899):
        window = cepstra[0, max(0, frame - 599) : frame + 1]
        weight = min(200, 600 - len(window))
        mean = (window.sum(0) + weight * prior) / (len(window) + weight)
        torch.testing.assert_close(ours[frame], cepstra[0, frame] - mean, rtol=1e-3, atol=1e-3)


def test_batches_hold_similar_lengths_and_everything_once() -> None:
    frames = [100, 400, 110, 390, 105, 50]
    groups = plan(frames, 450, seed=1)
    assert sorted(at for group in groups for at in group) == list(range(6))
    assert all(max(frames[at] for at in group) * len(group) <= 450 or len(group) == 1 for group in groups)


def test_training_learns_resumes_and_keeps_a_checkpoint(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    data = [_utterance(seed) for seed in range(8)]
    schedule = Schedule(24, rate=1e-2, warm_up_steps=4, batch_s=3.0, save_every=12, average=0.8)
    whole = train(data, schedule, seed=1, shape=TINY, resume=tmp_path / "state")
    start = train(data, Schedule(1, batch_s=3.0), seed=1, shape=TINY)
    assert evaluate(whole, data)["cross_entropy"] < 0.7 * evaluate(start, data)["cross_entropy"]
    resumed = train(data, Schedule(30, batch_s=3.0, average=0.9), seed=1, shape=TINY, resume=tmp_path / "state")
    assert resumed.notes["steps"] == 30
    again = Checkpoint.from_state(whole.state())
    batch = plain_batch(data[:2], whole.feature_mean)
    assert batch is not None
    with torch.no_grad():
        torch.testing.assert_close(again.network(batch.features)[0], whole.network(batch.features)[0])


def test_a_check_can_end_training_early() -> None:
    data = [_utterance(0)]
    stopped = train(
        data, Schedule(50, batch_s=3.0, check_every=5), seed=1, shape=TINY, check=lambda _, step: step >= 10
    )
    assert stopped.notes["steps"] == 10


def test_output_frames_are_a_third_of_the_input() -> None:
    network = TdnnF(TINY).eval()
    logits, side = network(torch.randn(2, 60, 40))
    assert logits.shape == side.shape == (2, 20, 66)


def test_no_data_is_an_error() -> None:
    with pytest.raises(ValueError, match="no training data"):
        train([], Schedule(1), seed=1)
