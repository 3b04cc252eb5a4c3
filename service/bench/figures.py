# SPDX-License-Identifier: GPL-3.0-or-later
"""From raw observations of calls to the figures that the documentation quotes.

Definitions (all in ms unless said otherwise; p50 and p95 over all words, segments or calls of the run):
``partial_ms``       a word's last sample left the caller's phone -> the page first received that word;
``final_ms``         the endpoint (the last audio the recogniser needed for the segment) -> the page had the final;
``final_word_ms``    the segment's last word ended -> the page had the final;
``article_ms``       the question's last word ended -> the page's list last came to hold the right article in its
                     top 3 (0 when it was there before the question ended and stayed);
``cpu_s_per_call_min`` CPU seconds of all processes per minute of call; ``.hub`` and so on: by kind of process;
``lost_samples``     samples missing in the recordings (padding, clock slips, unequal lengths) plus those of RTP
                     packets reported lost or discarded by the jitter buffer, all calls;
``wer``              word error rate of the callers' transcripts against what was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from statistics import median

import jiwer
import numpy as np

from service.bench.listener import Arrival
from service.bench.processes import Usage
from service.bench.truth import Truth
from service.dialogue import Conversation
from service.errors import BenchError

_SAMPLES_PER_PACKET = 160
_TOP = 3


@dataclass(frozen=True)
class CallMeasurement:
    """What one call showed."""

    partial_ms: list[float]
    final_ms: list[float]
    final_word_ms: list[float]
    article_ms: float | None
    lost_samples: int
    said: str
    heard: str

    @classmethod
    def of(cls, conversation: Conversation, arrivals: list[Arrival], truth: Truth) -> CallMeasurement:
        """Measure one call; raises BenchError when the page saw no transcript of it."""
        played_at_s = _play_start_s(conversation)
        finals = [a for a in arrivals if a.name == "segment.finalized" and a.data["leg"] == "caller"]
        if not finals:
            raise BenchError(f"The page received no transcript of {conversation.plan.question.id}.")
        shift_ms = _file_to_recording_ms(truth, finals)
        rec_start_s = played_at_s - shift_ms / 1000  # wall time of sample 0 as the caller's phone heard it
        end_s = played_at_s + truth.words[-1].end_ms / 1000
        return cls(
            partial_ms=_partial_delays(truth, arrivals, played_at_s),
            final_ms=[1000 * (a.at_s - rec_start_s) - a.data["decoded_to_ms"] for a in finals],
            final_word_ms=[1000 * (a.at_s - rec_start_s) - a.data["end_ms"] for a in finals],
            article_ms=_article_delay(truth, arrivals, end_s),
            lost_samples=_lost(arrivals),
            said=truth.text,
            heard=" ".join(a.data["text"] for a in finals),
        )


def _play_start_s(conversation: Conversation) -> float:
    for report in conversation.caller:
        if report.get("event") == "playing":
            return float(report["t"])
    raise BenchError("The caller's phone did not report when it began to play.")


def _file_to_recording_ms(truth: Truth, finals: list[Arrival]) -> float:
    """Median distance between a word's place in the recording and in the played file."""
    heard = [word for final in finals for word in final.data["words"]]
    matcher = SequenceMatcher(a=[w.text for w in truth.words], b=[w["text"] for w in heard], autojunk=False)
    gaps = [
        heard[block.b + i]["start_ms"] - truth.words[block.a + i].start_ms
        for block in matcher.get_matching_blocks()
        for i in range(block.size)
    ]
    if not gaps:
        raise BenchError("None of the spoken words was recognised.")
    return float(median(gaps))


def _partial_delays(truth: Truth, arrivals: list[Arrival], played_at_s: float) -> list[float]:
    """Delay of each word: from its end at the phone to the first text on the page that holds it in its place."""
    said = [word.text for word in truth.words]
    first_seen_s: dict[int, float] = {}
    closed: list[str] = []
    for arrival in arrivals:
        if arrival.name not in ("partial.recognized", "segment.finalized") or arrival.data["leg"] != "caller":
            continue
        words = arrival.data["text"].split()
        for index in _places(said, closed + words):
            first_seen_s.setdefault(index, arrival.at_s)
        if arrival.name == "segment.finalized":
            closed += words
    return [1000 * (at_s - played_at_s) - truth.words[index].end_ms for index, at_s in sorted(first_seen_s.items())]


def _places(said: list[str], heard: list[str]) -> list[int]:
    """Indices of the said words that the heard text holds, in order."""
    matcher = SequenceMatcher(a=said, b=heard, autojunk=False)
    return [block.a + i for block in matcher.get_matching_blocks() for i in range(block.size)]


def _article_delay(truth: Truth, arrivals: list[Arrival], question_end_s: float) -> float | None:
    """Delay until the right article came to stay in the top rows; None when it never did."""
    since_s: float | None = None
    for arrival in arrivals:
        if arrival.name != "suggestions.shown":
            continue
        top = {article["article_id"] for article in arrival.data["articles"][:_TOP]}
        if not top & set(truth.expected_articles):
            since_s = None
        elif since_s is None:
            since_s = arrival.at_s
        if arrival.at_s > question_end_s and since_s is not None:
            break  # later changes belong to the agent's answer
    return None if since_s is None else max(0.0, 1000 * (since_s - question_end_s))


def _lost(arrivals: list[Arrival]) -> int:
    lost = 0
    for arrival in arrivals:
        if arrival.name == "recording.closed":
            lost += abs(arrival.data["caller_samples"] - arrival.data["agent_samples"])
            lost += arrival.data.get("missing_samples", 0)
        elif arrival.name == "media.measured" and arrival.data["final"]:
            lost += _SAMPLES_PER_PACKET * (arrival.data["lost"] + arrival.data["discarded"])
    return lost


def figures_of(
    results: list[CallMeasurement], usage: dict[str, Usage], *, calls: int, call_s: float
) -> dict[str, float]:
    """Return the flat figures of one run with N = ``calls``; ``call_s``: all calls' lengths together."""
    end = f"calls_{calls}"
    figures: dict[str, float] = {}
    series = {
        "partial_ms": [value for result in results for value in result.partial_ms],
        "final_ms": [value for result in results for value in result.final_ms],
        "final_word_ms": [value for result in results for value in result.final_word_ms],
        "article_ms": [result.article_ms for result in results if result.article_ms is not None],
    }
    for name, values in series.items():
        if not values:  # no figure rather than a made-up one
            continue
        for percent in (50, 95):
            figures[f"{name}.p{percent}.{end}"] = float(np.percentile(values, percent))
    figures[f"article_found.{end}"] = len(series["article_ms"]) / len(results)
    call_minutes = call_s / 60
    figures[f"cpu_s_per_call_min.{end}"] = sum(use.cpu_s for use in usage.values()) / call_minutes
    for kind, use in sorted(usage.items()):
        figures[f"cpu_s_per_call_min.{kind}.{end}"] = use.cpu_s / call_minutes
        figures[f"rss_mb.{kind}.{end}"] = use.rss_bytes / use.processes / 1e6
    figures[f"lost_samples.{end}"] = float(sum(result.lost_samples for result in results))
    figures[f"wer.{end}"] = float(jiwer.wer([r.said for r in results], [r.heard for r in results]))
    return figures
