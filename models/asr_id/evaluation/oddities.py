# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound that no model was made for. Nothing of it may stop the process or make it grow.

``python -m models.asr_id.evaluation.oddities MODEL FOLDER`` decodes every ``*.npy`` of the folder (16-bit audio at
the model's rate) some times over and prints the words per minute of each, and by how much memory grew after the
first round; that it prints anything shows that nothing crashed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import psutil
import soundfile

from asr.errors import AudioFormatError
from asr.model import VoskModel, load_model
from asr.offline import decode_file
from models.asr_id.adapt.audio import UnusableAudioError, load
from models.asr_id.evaluation.listening import Pcm, decode, to_pcm16

ROUNDS = 3
_PART_S = 6
RATE_HZ = 8000
FOREIGN = {
    "en": "the quick brown fox jumps over the lazy dog and nobody in the office knows what it wanted there",
    "de": "am montag haben wir leider geschlossen bitte rufen sie morgen vormittag noch einmal an",
    "fr": "bonjour je voudrais savoir pourquoi le train de paris est encore en retard ce matin",
}


def make(speech: Pcm, folder: Path) -> None:
    """Write the odd sounds, made of one leg of speech, as ``<name>.npy``."""
    rng = np.random.default_rng(404)
    wild = np.clip(speech[: _PART_S * RATE_HZ].astype(np.float64) * 40, -32768, 32767)
    sounds = {
        "empty": speech[:0],
        "one_sample": speech[:1],
        "clipped": wild,
        "random_bits": rng.integers(-32768, 32768, _PART_S * RATE_HZ),
        "square_full_scale": np.where(np.arange(_PART_S * RATE_HZ) // 20 % 2, 32767, -32768),
        "offset": np.full(_PART_S * RATE_HZ, 30000),
        "half_speed": np.repeat(speech[: _PART_S * RATE_HZ], 2),
        "double_speed": speech[: _PART_S * RATE_HZ : 2],
        "backwards": speech[: _PART_S * RATE_HZ][::-1],
    }
    for name, samples in sounds.items():
        np.save(folder / f"{name}.npy", np.asarray(samples).astype(np.int16))
    for language, line in FOREIGN.items():
        if shutil.which("espeak-ng"):
            wav = folder / "line.wav"
            subprocess.run(["espeak-ng", "-v", language, "-w", str(wav), line], check=True, timeout=30)
            np.save(folder / f"language_{language}.npy", to_pcm16(load(wav)))
            wav.unlink()


def hear_all(model: VoskModel, folder: Path) -> dict[str, float]:
    """Return words per minute of each sound, and ``growth_mb``."""
    figures: dict[str, float] = {}
    before_mb = 0.0
    for number in range(ROUNDS):
        for path in sorted(folder.glob("*.npy")):
            pcm = np.load(path)
            heard = decode(model, pcm)
            figures[path.stem] = len(heard.words) / max(heard.audio_s / 60, 1e-9) if pcm.size else len(heard.words)
        if number == 0:
            before_mb = psutil.Process().memory_info().rss / 1e6
    figures["growth_mb"] = psutil.Process().memory_info().rss / 1e6 - before_mb
    return figures


def files_refused(model: VoskModel) -> float:
    """Return the share of unusable files (other rate, stereo, 0 bytes, no audio) that are refused with a reason."""
    with tempfile.TemporaryDirectory(prefix="kring-eval-") as name:
        folder = Path(name)
        tone = (8000 * np.sin(np.arange(RATE_HZ) / 4)).astype(np.int16)
        soundfile.write(folder / "rate.wav", tone, 2 * RATE_HZ)
        soundfile.write(folder / "stereo.wav", np.stack([tone, tone], axis=1), RATE_HZ)
        (folder / "zero.wav").write_bytes(b"")
        (folder / "text.wav").write_text("ini bukan suara")
        refused = [_refused(model, path) for path in sorted(folder.iterdir())]
    return sum(refused) / len(refused)


def _refused(model: VoskModel, path: Path) -> bool:
    try:
        load(path)
    except UnusableAudioError:
        return True
    try:
        decode_file(model, path)
    except AudioFormatError:
        return True
    return False


def main(argv: list[str]) -> int:
    """Decode the folder and print."""
    model = load_model(Path(argv[0]))
    figures = hear_all(model, Path(argv[1])) | {"files_refused": files_refused(model)}
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
