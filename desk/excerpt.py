# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of a call's transcript in which a question was asked, for people who need not know who asked."""

from __future__ import annotations

from dataclasses import dataclass

from desk.deps import Deps
from desk.masking import mask_segments
from pipeline.callfolder import Spool
from pipeline.errors import KringError
from pipeline.events import SegmentFinalized, to_wire
from retrieval.normalize import content_stems

BEFORE, AFTER = 2, 9  # turns shown around the one in which the question was asked


@dataclass(frozen=True, slots=True)
class ExcerptTurn:
    """One utterance; ``asked``: the question is (mostly) here."""

    leg: str
    at_s: int
    text: str
    asked: bool


def excerpt(have: Deps, call_id: str, question: str) -> list[ExcerptTurn]:
    """Return the turns around the question, masked (blocks); none when the transcript cannot be read."""
    segments = [one for one in _segments(have, call_id) if one.text.strip()]
    if not segments:
        return []
    wanted = set(content_stems(question))
    shared = [len(wanted & set(content_stems(one.text))) if one.leg == "caller" else -1 for one in segments]
    centre = max(range(len(segments)), key=lambda number: (shared[number], -number))
    told = mask_segments([to_wire(one) for one in segments])
    return [
        ExcerptTurn(one.leg, one.start_ms // 1000, told[number]["written"] or told[number]["text"], number == centre)
        for number, one in list(enumerate(segments))[max(centre - BEFORE, 0) : centre + AFTER + 1]
    ]


def _segments(have: Deps, call_id: str) -> list[SegmentFinalized]:
    try:
        folder = Spool(have.settings.spool_dir).folder(call_id)
        if folder.path.is_dir():
            found = [item for item in folder.read("transcript") if isinstance(item, SegmentFinalized)]
            return sorted(found, key=lambda item: (item.start_ms, item.leg))
        return have.archive.open(call_id).segments()
    except (KringError, OSError):
        return []
