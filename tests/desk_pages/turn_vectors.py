# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the cases that hold the browser's order of turns to ``pipeline.turns``.

``python -m tests.desk_pages.turn_vectors`` writes them anew. The page orders the words of both people itself
(``desk/ts/core/turns.ts``), the archive does it in Python; both must say the same. The file is made from fixed seeds;
``test_agent_turns.py`` fails when it is not what Python says today.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import Any

from asr.written import text_of, write
from pipeline.events import Leg, SegmentFinalized, Word, WrittenWord
from pipeline.settings import PROJECT_DIR
from pipeline.turns import in_order

VECTORS = PROJECT_DIR / "desk/ts/tests/turns.vectors.json"
SAID = (
    "selamat pagi bu saya lupa efin", "iya pak", "dendanya lima ratus ribu rupiah ya", "boleh saya cocokkan dulu",
    "ya", "npwp saya nol sembilan dua lima empat", "terima kasih", "pasal dua puluh satu ayat satu",
)  # fmt: skip
FACTS = ("leg", "segment", "first", "start_ms", "end_ms", "text", "written")


def _segment(random_: random.Random, leg: Leg, number: int, start_ms: int) -> SegmentFinalized:
    at, words = start_ms, []
    for text in random_.choice(SAID).split():
        length = random_.randrange(80, 500)
        words.append(Word(text=text, start_ms=at, end_ms=at + length, confidence=0.9))
        at += length + random_.choice((0, 0, 40, 299, 300, 301, 900, 2500))
    spoken = tuple(words) if random_.random() > 0.1 else ()
    tokens = write(tuple(words)) if spoken and random_.random() > 0.3 else []
    text = " ".join(word.text for word in words)
    return SegmentFinalized(
        at=datetime(2026, 11, 24, 3, 0, tzinfo=UTC),
        call_id="20261124T030000-00000001",
        leg=leg,
        segment=number,
        start_ms=start_ms,
        end_ms=words[-1].end_ms,
        text=random_.choice((text, f" {text} ", text, text, "")) if not spoken else text,
        words=spoken,
        decoded_to_ms=words[-1].end_ms,
        confidence=0.9,
        written=text_of(tokens),
        written_words=tuple(WrittenWord(text=token.text, first=token.first, count=token.count) for token in tokens),
    )


def _talk(seed: int) -> list[SegmentFinalized]:
    random_ = random.Random(seed)
    segments: list[SegmentFinalized] = []
    for leg in ("caller", "agent"):
        at = random_.randrange(0, 2000)
        for number in range(1, random_.randrange(2, 6)):
            segments.append(_segment(random_, leg, number, at))
            at = segments[-1].end_ms + random_.randrange(0, 3000)
    random_.shuffle(segments)
    return segments


def vectors() -> list[dict[str, Any]]:
    """Return talks as the page gets them, each with the order that Python gives."""
    wanted = ("leg", "segment", "start_ms", "end_ms", "text", "words", "confidence", "written", "written_words")
    talks = [_talk(seed) for seed in range(20)]
    return [
        {
            "segments": [{name: item.model_dump(mode="json")[name] for name in wanted} for item in talk],
            "pieces": [{name: getattr(piece, name) for name in FACTS} for piece in in_order(talk)],
        }
        for talk in talks
    ]


def document() -> str:
    """Return the file's content."""
    return (
        json.dumps(vectors(), ensure_ascii=False, separators=(",", ":")).replace('{"segments"', '\n{"segments"') + "\n"
    )


if __name__ == "__main__":
    VECTORS.write_text(document(), encoding="utf-8")
