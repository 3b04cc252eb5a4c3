# SPDX-License-Identifier: GPL-3.0-or-later
"""Kaldi's high-resolution MFCC at 8 kHz: one set of options for training and for the model's conf/mfcc.conf."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE_HZ = 8000
BINS = 40
FRAME_SHIFT_SAMPLES = 80
FRAME_CENTRE_SAMPLES = 100  # frame t is centred on sample 80 t + 100 (25 ms window, edges snipped)
LOW_HZ, HIGH_HZ = 60.0, -200.0

MFCC_CONF = f"""--use-energy=false
--sample-frequency={RATE_HZ}
--num-mel-bins={BINS}
--num-ceps={BINS}
--low-freq={LOW_HZ:g}
--high-freq={HIGH_HZ:g}
--dither=0.0
"""

Samples = npt.NDArray[np.floating]
Features = npt.NDArray[np.float32]


def mfcc(samples: Samples) -> Features:
    """Return (frames, 40) MFCC of samples in the range of 16-bit integers at 8 kHz; (0, 40) when too short."""
    import kaldi_native_fbank as knf

    options = knf.MfccOptions()
    options.frame_opts.samp_freq = RATE_HZ
    options.frame_opts.dither = 0.0
    options.mel_opts.num_bins = options.num_ceps = BINS
    options.mel_opts.low_freq, options.mel_opts.high_freq = LOW_HZ, HIGH_HZ
    options.use_energy = False
    extractor = knf.OnlineMfcc(options)
    extractor.accept_waveform(RATE_HZ, np.asarray(samples, np.float32).tolist())
    extractor.input_finished()
    frames = [extractor.get_frame(at) for at in range(extractor.num_frames_ready)]
    return np.stack(frames) if frames else np.zeros((0, BINS), np.float32)


def frame_of(sample: float) -> int:
    """Return the frame whose centre lies nearest to a sample."""
    return round((sample - FRAME_CENTRE_SAMPLES) / FRAME_SHIFT_SAMPLES)


def mel_matrices() -> tuple[Features, Features]:
    """Return (mel -> cepstrum, cepstrum -> mel), each (40, 40), such that cepstra = log-mel @ first.

    Kaldi's orthonormal DCT-II followed by its lifter of 22; with as many cepstra as bins it can be inverted.
    """
    order = np.arange(BINS)
    dct = np.sqrt(2 / BINS) * np.cos(np.pi / BINS * (order[None] + 0.5) * order[:, None])
    dct[0] = np.sqrt(1 / BINS)
    lift = 1 + 11.0 * np.sin(np.pi * order / 22.0)
    forward = (lift[:, None] * dct).T
    backward = (dct.T / lift[None]).T
    return forward.astype(np.float32), backward.astype(np.float32)
