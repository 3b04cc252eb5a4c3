# SPDX-License-Identifier: GPL-3.0-or-later
"""Live suggestions: recognised words go to the suggester in a worker thread, what it shows goes to the call folder,
the pages and the bus.

Only the newest partial of a leg is worth a search, so one that still waits is replaced by the next; finals all count
and keep their place. After a restart the conversation is taken up from the transcript, the list from the folder; what
was said since that list was shown is searched now.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Literal, NamedTuple

import structlog

from desk.ingest import News
from desk.journals import StreamJournal
from desk.live_call import LiveCall
from pipeline.clock import Clock
from pipeline.events import (
    AnsweredWithoutSikp,
    CallEvent,
    ClassProposed,
    Event,
    PartialRecognized,
    SegmentFinalized,
    SuggestionOpened,
    SuggestionRejected,
    SuggestionsShown,
    SuggestionUsed,
)
from retrieval.suggester import ClassUpdate, LiveSuggester, SuggestionUpdate

log = structlog.get_logger("desk.suggest")
Action = Literal["opened", "used", "rejected"]
_FEEDBACK: dict[Action, type[SuggestionOpened | SuggestionUsed | SuggestionRejected]] = {
    "opened": SuggestionOpened,
    "used": SuggestionUsed,
    "rejected": SuggestionRejected,
}
Updates = tuple[SuggestionUpdate | ClassUpdate | None, ...]
TICK_S = 0.1  # how often a waiting partial is looked at again
STOP_S = 2.0


class Taken(NamedTuple):
    """What is known of a call: its words so far, the list on the page and the class proposed."""

    call_id: str
    segments: list[SegmentFinalized]
    shown: SuggestionsShown | None
    proposed: ClassProposed | None


def _differs(update: SuggestionUpdate, shown: SuggestionsShown | None) -> bool:
    """Return whether a page that shows ``shown`` would change by the update."""
    if shown is None:
        return True
    lists = [[(one.article_id, one.version) for one in articles] for articles in (update.articles, shown.articles)]
    flags = (update.no_answer, update.provisional) != (shown.no_answer, shown.provisional)
    return flags or lists[0] != lists[1]


def take_up(calls: Iterable[LiveCall]) -> list[Taken]:
    """Return a copy of what the suggester needs of calls; call it in the event loop."""
    return [Taken(call.call_id, call.ordered_segments(), call.suggestions, call.proposed_class) for call in calls]


class Suggest:
    """Runs the live suggester for all calls, in one thread.

    Parameters:
        publish: takes stored events; called in the worker thread or in the thread of :meth:`feedback`.
        offset_ms: tells where in the recording of a call a moment lies; None when it is not known.
    """

    def __init__(
        self,
        suggester: LiveSuggester,
        journal: StreamJournal,
        clock: Clock,
        *,
        publish: Callable[[Event], None],
        offset_ms: Callable[[str, datetime], int | None] = lambda call_id, at: None,
    ) -> None:
        self._suggester, self._journal, self._clock = suggester, journal, clock
        self._publish, self._offset_ms = publish, offset_ms
        self._wake = threading.Condition()
        self._work: dict[object, SegmentFinalized | PartialRecognized] = {}
        self._unsettled: dict[str, PartialRecognized] = {}  # newest partial of a call, until it was searched with
        self._shown: dict[str, SuggestionsShown] = {}  # the list on each call's page
        self._stopping = False
        self._thread: threading.Thread | None = None

    def take(self, news: News) -> None:
        """Consumer: note recognised words; history is taken up by :meth:`resume` instead."""
        item = news.item
        if news.replay or not isinstance(item, SegmentFinalized | PartialRecognized):
            return
        if isinstance(item, PartialRecognized) and item.leg != "caller":
            return
        key: object = item.call_id if isinstance(item, PartialRecognized) else (item.call_id, item.leg, item.segment)
        with self._wake:
            self._work.pop(key, None)
            self._work[key] = item
            self._wake.notify()

    def resume(self, history: Iterable[Taken]) -> None:
        """Take up the calls that were there before a restart (blocks).

        Of each, at most one list is shown: the last one that the words spoken meanwhile bring up, if it is new.
        """
        for taken in history:
            if self._journal.takes_more(taken.call_id):
                self._guard(taken.call_id, partial(self._take_up, taken))

    def _take_up(self, taken: Taken) -> Updates:
        shown, call_id, feed = taken.shown, taken.call_id, self._suggester.on_final
        missed = [segment for segment in taken.segments if shown is None or segment.at > shown.at]
        if shown is not None:
            for segment in taken.segments:
                if segment.at <= shown.at:
                    feed(call_id, segment.leg, segment.text, segment=segment.segment)
            self._shown[call_id] = shown
        self._suggester.restore(call_id, shown, taken.proposed)
        last = None
        for segment in missed:
            last = feed(call_id, segment.leg, segment.text, segment=segment.segment) or last
        return last if last is not None and _differs(last, shown) else None, self._suggester.proposed_class(call_id)

    def start(self) -> None:
        """Begin to work."""
        self._thread = threading.Thread(target=self._run, name="suggest", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop after the search that is under way; safe to call twice."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join(STOP_S)
            self._thread = None

    def forget(self, call_id: str) -> None:
        """Drop what is known of a call."""
        with self._wake:
            self._unsettled.pop(call_id, None)
        self._shown.pop(call_id, None)
        self._suggester.end_call(call_id)

    def feedback(
        self, call_id: str, article_id: str, version: int, action: Action, person: str, *, query: str = ""
    ) -> None:
        """Keep what a person did with an article (blocks shortly).

        Parameters:
            query: what the person searched for; "" = the article came from the list on the page.
        """
        now = self._clock.now()
        shown = self._shown.get(call_id)
        self._keep(
            _FEEDBACK[action](
                at=now,
                call_id=call_id,
                offset_ms=self._offset_ms(call_id, now),
                article_id=article_id,
                version=version,
                person=person,
                query=query or (shown.query if shown else ""),
                question=shown.question if shown else 1,
            )
        )

    def answered_without_sikp(self, call_id: str, person: str, *, question: str = "") -> None:
        """Keep that a person answered the question from elsewhere (blocks shortly).

        Parameters:
            question: as it stands in the case; stands in for the words spoken when nothing was searched yet.
        """
        now = self._clock.now()
        shown = self._shown.get(call_id)
        self._keep(
            AnsweredWithoutSikp(
                at=now,
                call_id=call_id,
                offset_ms=self._offset_ms(call_id, now),
                person=person,
                query=shown.query if shown else question,
                question=shown.question if shown else 1,
            )
        )

    def step(self) -> None:
        """Work off what has come in and look at partials that became stable meanwhile."""
        with self._wake:
            work, self._work = list(self._work.values()), {}
        for item in work:
            self._guard(item.call_id, partial(self._feed, item))
        for call_id in list(self._unsettled):
            self._guard(call_id, partial(self._tick, call_id))

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._work and not self._stopping:
                    if not self._wake.wait(TICK_S if self._unsettled else None):
                        break
                if self._stopping:
                    return
            self.step()

    def _feed(self, item: SegmentFinalized | PartialRecognized) -> Updates:
        if isinstance(item, SegmentFinalized):
            if item.leg == "caller":
                self._unsettled.pop(item.call_id, None)
            update = self._suggester.on_final(item.call_id, item.leg, item.text, segment=item.segment)
            return update, self._suggester.proposed_class(item.call_id)
        self._unsettled[item.call_id] = item
        update = self._suggester.on_partial(
            item.call_id, item.leg, item.segment, item.text, now_ms=self._now_ms(), stable_ms=item.stable_ms
        )
        return (update,)

    def _tick(self, call_id: str) -> Updates:
        return (self._suggester.on_tick(call_id, self._now_ms()),)

    def _guard(self, call_id: str, search: Callable[[], Updates]) -> None:
        """Run a search; a failure is logged and costs one suggestion, not the thread."""
        try:
            updates = search()
        except Exception:
            log.exception("suggestion failed", call_id=call_id)
            return
        now = self._clock.now()
        for update in updates:
            if update is not None:
                self._keep(update.to_event(now, self._offset_ms(call_id, now)))

    def _keep(self, item: CallEvent) -> None:
        if isinstance(item, SuggestionsShown):
            self._shown[item.call_id] = item
        self._publish(self._journal.append(item))

    def _now_ms(self) -> int:
        return round(self._clock.monotonic_s() * 1000)
