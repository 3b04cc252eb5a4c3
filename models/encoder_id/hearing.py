# SPDX-License-Identifier: GPL-3.0-or-later
"""What the recogniser makes of written questions: synthetic voices speak them over a telephone line, asr listens.

For the evaluation of the search ("the same questions through the real ASR") and for calibration. The voices, the
line and the live path are those of ``kring eval asr``; speech is made and heard in worker processes, so that vosk
never meets the encoder's libraries in one process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.asr_id.corpus.domain.written import spoken
from models.asr_id.evaluation.conditions import TELEPHONE
from models.asr_id.evaluation.listening import Job, listen
from models.asr_id.evaluation.pool import workers
from models.asr_id.evaluation.scoring import Count, align, total
from models.asr_id.evaluation.sentences import Sentence
from models.asr_id.evaluation.voices import FAMILIES, Utterance, read_aloud

KNOWN = FAMILIES["known"]
STRANGERS = FAMILIES["heldout"]
"""Every second question is read by a voice that the recogniser was trained on, every second one by a stranger."""
_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


@dataclass(frozen=True, slots=True)
class HeardQuestion:
    """One question as it was read and as it was recognised. ``number``: its place among those given."""

    number: int
    voice: str
    stranger: bool
    said: str
    heard: str
    errors: int

    @property
    def words(self) -> int:
        """How many words were said."""
        return len(self.said.split())


def hear(
    questions: Sequence[str],
    model: Path,
    *,
    jobs: int = 2,
    seed: int = 1,
    voices: tuple[Sequence[str], Sequence[str]] = (KNOWN, STRANGERS),
    progress: Callable[[int, int], None] = lambda *_: None,
) -> list[HeardQuestion]:
    """Return the questions as the recogniser hears them; those that a voice cannot say are left out.

    Parameters:
        voices: (voices of training, strangers) that read in turn.
        progress: told (questions heard so far, of how many).

    Raises:
        ModelError: the recogniser's model cannot be loaded.
        EvaluationError: a voice is not installed, or a process of the measurement died.
    """
    known, strangers = voices
    plan = reading_plan(questions, known, strangers)
    with workers(jobs) as pool:
        read = pool.map(
            read_aloud, plan, ([sentence for _, sentence in part] for part in plan.values()), [seed] * len(plan)
        )
        spoken_ones = [one for part, told in zip(plan.values(), read, strict=True) for one in numbered(part, told)]
        tasks = (Job(model, utterance.speech, TELEPHONE, seed + number) for number, utterance in spoken_ones)
        found: list[HeardQuestion] = []
        for (number, utterance), told in zip(spoken_ones, pool.map(listen, tasks, chunksize=4), strict=True):
            words, reference = told.words, utterance.sentence.words
            errors = align(reference, words).count.errors
            stranger = utterance.voice in strangers
            found.append(HeardQuestion(number, utterance.voice, stranger, " ".join(reference), " ".join(words), errors))
            if len(found) % 50 == 0:
                progress(len(found), len(spoken_ones))
    return sorted(found, key=lambda one: one.number)


def word_errors(heard: Sequence[HeardQuestion]) -> float:
    """Return the word error rate over all questions."""
    return total(Count(one.errors, one.words) for one in heard).rate


def reading_plan(
    questions: Sequence[str], known: Sequence[str], strangers: Sequence[str]
) -> dict[str, list[tuple[int, Sentence]]]:
    """Return voice -> (number, sentence) of what it reads; known voices and strangers alternate."""
    plan: dict[str, list[tuple[int, Sentence]]] = {voice: [] for voice in (*known, *strangers)}
    for number, question in enumerate(questions):
        words = tuple(_WORD.findall(spoken(question)))
        if not words:
            continue
        turn = number // 2
        voices = strangers if number % 2 and strangers else known
        plan[voices[turn % len(voices)]].append((number, Sentence(words, "call", "test")))
    return {voice: part for voice, part in plan.items() if part}


def numbered(part: Sequence[tuple[int, Sentence]], told: Sequence[Utterance]) -> list[tuple[int, Utterance]]:
    """Return the utterances with the numbers of their sentences; unsayable ones are missing in ``told``, in order."""
    found, at = [], 0
    for utterance in told:
        while part[at][1].words != utterance.sentence.words:
            at += 1
        found.append((part[at][0], utterance))
        at += 1
    return found
