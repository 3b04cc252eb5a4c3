# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes personal numbers out of what a role that need not see them is sent (docs/privacy.md).

Everything on its way to the browser comes through here: values of templates, JSON, the live stream. A masked stretch
is one sign whatever was there, so that nothing can be read from its length; words that are masked keep their times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crm.procedure import Role
from desk.spotting import CONTEXT_SIGN, Span, find_numbers, names_identity, word_set

Json = dict[str, Any]
MASK = "••••"
# Who sees identity numbers: those who work on the taxpayer's case.
NEEDS_IDENTITY: frozenset[Role] = frozenset({"agent", "team_leader", "escalation_agent"})
# What the machine made itself and other programs read; nobody types into it.
_MACHINE_KEYS = word_set(
    "call_id case_id cursor request_key csrf_token csp_nonce manifest_sha256 entry_hash previous_hash strings event "
    "html article_id id"
)
_IDENTITY_KEYS = frozenset({"npwp", "nik", "efin", "nitku"})
_SPOKEN_KEYS = frozenset({"query", "quote", "question"})  # made of what was said, so a number may be cut
_PHONE_KEYS = frozenset({"caller_number", "phone"})
_TELEPHONE = re.compile(r"\+?[0-9]{1,14}|[a-z]+", re.IGNORECASE)  # "anonymous" as well
_CONTEXT_SEGMENTS = 4  # how far back "nomor NPWP-nya berapa" reaches, over both voices
NEAR = 12  # segments: as many as a number that is being told can be spread over
_PAUSE_MS = 60_000  # a number is not taken up again after so long


def is_masked(roles: Iterable[str]) -> bool:
    """Return whether somebody with these roles is shown masks in place of personal numbers."""
    return not NEEDS_IDENTITY & frozenset(roles)


def mask_text(text: str) -> str:
    """Return a text with each personal number in it replaced."""
    return _replaced(text, find_numbers(text))


def mask_json(value: Any, key: str = "") -> Any:
    """Return JSON-ready data with the personal numbers in it replaced; the data given is left as it is."""
    if isinstance(value, str):
        return _masked_value(value, key)
    if isinstance(value, Mapping):
        return _masked_mapping(value)
    if isinstance(value, list | tuple):
        if value and all(_is_segment(one) for one in value):
            return mask_segments(value)
        if value and all(isinstance(one, str) for one in value):
            return _masked_words(value)
        return [mask_json(one, key) for one in value]
    return value


def mask_segments(segments: Sequence[Json], *, growing: bool = False) -> list[Json]:
    """Return recognised segments of a call (wire form, in order of time) with the personal numbers replaced.

    A number may be told over several segments, while the other voice says "ya" in between.

    Parameters:
        growing: the call goes on after the last of them.
    """
    masked = {index: _Heard(segment) for index, segment in enumerate(segments)}
    asked = _asked_before(segments)
    for leg in {str(segment.get("leg")) for segment in segments}:
        own = [index for index, segment in enumerate(segments) if str(segment.get("leg")) == leg]
        text, starts, last_ms = "", [], None
        for index in own:
            start_ms = int(segments[index].get("start_ms") or 0)
            pause = last_ms is not None and start_ms - last_ms > _PAUSE_MS
            text += ("\n" if pause else " ") + (CONTEXT_SIGN if asked[index] else "")
            starts.append(len(text))
            text += masked[index].text
            last_ms = int(segments[index].get("end_ms") or start_ms)
        for span in find_numbers(text, conversation=True, growing=growing):
            for index, begin in zip(own, starts, strict=True):
                masked[index].cover(span.start - begin, span.end - begin)
    return [masked[index].wire() for index in range(len(segments))]


def mask_told(told: Json, before: Sequence[Json]) -> Json:
    """Return one recognised segment or partial of a call that is up with the personal numbers replaced.

    Parameters:
        before: the segments around it, in order of time.
    """
    others = [one for one in before if (one["leg"], one["segment"]) != (told["leg"], told["segment"])]
    start_ms = told.get("start_ms")
    at = len(others) if start_ms is None else sum(1 for one in others if one["start_ms"] <= start_ms)
    return mask_segments([*others[:at], told, *others[at:]], growing=True)[at]


class _Heard:
    """One segment and which characters of its raw text are masked."""

    def __init__(self, segment: Json) -> None:
        self._segment = segment
        self._words: list[Json] = list(segment.get("words") or [])
        self.text = " ".join(str(word["text"]) for word in self._words) or str(segment.get("text") or "")
        self._spans: list[Span] = []

    def cover(self, start: int, end: int) -> None:
        """Mask what lies in the segment of these characters."""
        start, end = max(start, 0), min(end, len(self.text))
        if start < end:
            self._spans.append(Span(start, end))

    def wire(self) -> Json:
        """Return the segment without what is masked."""
        text = _replaced(self.text, self._spans)
        if not self._spans:
            return self._checked(dict(self._segment))
        covered = self._covered_words()
        words = [{**word, "text": "•"} if at in covered else word for at, word in enumerate(self._words)]
        spans = list(self._segment.get("written_words") or [])
        body = {**self._segment, "text": text, "words": words}
        if "written" not in self._segment:
            return body
        tokens = [
            {**one, "text": MASK} if covered & set(range(one["first"], one["first"] + one["count"])) else one
            for one in spans
        ]
        body["written_words"] = tokens
        body["written"] = _joined(tokens) if tokens else text if self._segment["written"] else ""
        return self._checked(body)

    def _checked(self, body: Json) -> Json:
        """Look at the written form by itself as well: it is what is read, and older journals lack its words."""
        written = str(body.get("written") or "")
        if written and find_numbers(written):
            body["written"], body["written_words"] = mask_text(written), _masked_tokens(body.get("written_words") or [])
        return body

    def _covered_words(self) -> set[int]:
        covered, at = set(), 0
        for index, word in enumerate(self._words):
            end = at + len(str(word["text"]))
            if any(span.start < end and at < span.end for span in self._spans):
                covered.add(index)
            at = end + 1
        return covered


def _asked_before(segments: Sequence[Json]) -> list[bool]:
    """Return for each segment whether one of those just before it spoke of an identity number."""
    named = [names_identity(f"{segment.get('text') or ''} {segment.get('written') or ''}") for segment in segments]
    return [any(named[max(0, at - _CONTEXT_SEGMENTS) : at]) for at in range(len(segments))]


def _joined(tokens: Sequence[Json]) -> str:
    texts: list[str] = []
    for token in tokens:
        if token["text"] != MASK or not texts or texts[-1] != MASK:
            texts.append(str(token["text"]))
    return " ".join(texts)


def _masked_tokens(tokens: Sequence[Json]) -> list[Json]:
    texts = _masked_words([str(token["text"]) for token in tokens])
    return [{**token, "text": text} for token, text in zip(tokens, texts, strict=True)]


def _masked_words(words: Sequence[str]) -> list[str]:
    """Mask texts that belong together, so that a number told over several of them is found."""
    spans, result, at = find_numbers(" ".join(words)), [], 0
    for word in words:
        own = [Span(max(one.start - at, 0), min(one.end - at, len(word))) for one in spans]
        result.append(_replaced(word, [one for one in own if one.start < one.end]))
        at += len(word) + 1
    return result


def _masked_value(value: str, key: str) -> str:
    if key in _MACHINE_KEYS or not value:
        return value
    spoken = key in _SPOKEN_KEYS
    if key in _IDENTITY_KEYS:
        return MASK
    if key in _PHONE_KEYS and _TELEPHONE.fullmatch(value):
        return value
    return _replaced(value, find_numbers(value, conversation=True, growing=True)) if spoken else mask_text(value)


def _masked_mapping(value: Mapping[str, Any]) -> Json:
    if _is_segment(value):
        return mask_segments([dict(value)], growing=True)[0]
    body = {mask_text(str(name)): mask_json(one, str(name)) for name, one in value.items() if name != "quoted"}
    if "quoted" in value:
        body["quoted"] = None  # places in a text that is another one now
    if isinstance(value.get("segments"), list) and isinstance(value.get("partials"), Mapping):
        body["segments"], body["partials"] = _masked_call(value["segments"], value["partials"])
    return body


def _masked_call(segments: list[Json], partials: Mapping[str, Any]) -> tuple[list[Json], Json]:
    """Mask a call that is up: what is being said goes on from what was said."""
    talking = {leg: one for leg, one in partials.items() if one}
    told = mask_segments([*segments, *talking.values()], growing=True)
    masked = dict(zip(talking, told[len(segments) :], strict=True))
    return told[: len(segments)], {leg: masked.get(leg) for leg in partials}


def _is_segment(value: Any) -> bool:
    return isinstance(value, Mapping) and "leg" in value and "segment" in value and "text" in value and "words" in value


def _replaced(text: str, spans: Sequence[Span]) -> str:
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], MASK]
        at = span.end
    return "".join([*pieces, text[at:]])
