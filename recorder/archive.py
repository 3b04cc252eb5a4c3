# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the archive: list, open, verify. One damaged bundle never hides the others.

The folders are the archive; there is no index to lose. Listing walks from the newest day back and stops when a page
is full.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from pipeline.catalog import text
from pipeline.events import CallEvent, SegmentFinalized, Stream
from pipeline.ids import CALL_ID_PATTERN, call_date
from pipeline.journal import read_journal
from recorder.errors import BundleDamagedError, BundleNotFoundError
from recorder.integrity import check_bundle, load_manifest
from recorder.manifest import PEAKS, TRANSCRIPT, Manifest
from recorder.peaks import Peaks
from recorder.turns import Transcript, Turn, segments_of

log = structlog.get_logger("archive")
M_ = TypeVar("M_", bound=BaseModel)


@dataclass(frozen=True)
class Bundle:
    """One sealed call, read-only. Parts are read when asked for."""

    path: Path
    manifest: Manifest

    @property
    def call_id(self) -> str:
        """The call's id."""
        return self.manifest.call_id

    @property
    def audio_path(self) -> Path | None:
        """The stereo FLAC (left caller, right agent); None when the call has no usable audio."""
        audio = self.manifest.audio
        return self.path / audio.file if audio is not None and audio.file else None

    def events(self, stream: Stream) -> list[CallEvent]:
        """Return a stream's events in order; empty when the bundle has none."""
        return list(read_journal(self.path / f"{stream}.jsonl"))

    def segments(self) -> list[SegmentFinalized]:
        """Return the recogniser's segments of both legs by start time."""
        return segments_of(self.events("transcript"))

    def turns(self) -> tuple[Turn, ...]:
        """Return the conversation in turns.

        Raises:
            BundleDamagedError: the transcript file is missing or unreadable.
        """
        return _read(self.path / TRANSCRIPT, Transcript).turns

    def peaks(self) -> Peaks | None:
        """Return the waveform; None when the call has no audio.

        Raises:
            BundleDamagedError: the peaks file is missing or unreadable.
        """
        return _read(self.path / PEAKS, Peaks) if self.audio_path is not None else None


def _read(path: Path, kind: type[M_]) -> M_:
    try:
        return kind.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BundleDamagedError(text("recorder.file_missing", file=path.name)) from error
    except ValidationError as error:
        raise BundleDamagedError(text("recorder.file_altered", file=path.name)) from error


@dataclass(frozen=True)
class BundlePage:
    """A page of a listing, newest first. ``before`` continues it (None = no more)."""

    bundles: tuple[Bundle, ...]
    before: str | None


@dataclass(frozen=True)
class Filter:
    """What a listing should hold. Empty fields do not restrict.

    Parameters:
        since, until: aware times; the call was offered in [since, until).
        number: part of the caller's number or the whole extension.
        text: words of the transcript (as heard or as written), the caller's name or a case number; all must occur,
            in any case.
    """

    since: datetime | None = None
    until: datetime | None = None
    number: str = ""
    text: str = ""

    def fits(self, bundle: Bundle) -> bool:
        """Return whether a bundle belongs to the listing."""
        manifest = bundle.manifest
        at = manifest.offered_at or call_time(manifest.call_id)
        if (self.since and at < self.since) or (self.until and at >= self.until):
            return False
        digits = "".join(char for char in self.number if char.isdigit())
        if self.number and not (digits and (digits in manifest.caller_number or digits == manifest.extension)):
            return False
        return not self.text or self._text_fits(bundle)

    def _text_fits(self, bundle: Bundle) -> bool:
        manifest = bundle.manifest
        hay = " ".join([manifest.caller_name, *manifest.cases]).casefold()
        wanted = [word for word in self.text.casefold().split() if word not in hay]
        if not wanted:
            return True
        try:
            spoken = " ".join(f"{turn.text} {turn.written}" for turn in bundle.turns()).casefold()
        except BundleDamagedError:
            return False
        return all(word in spoken for word in wanted)


def call_time(call_id: str) -> datetime:
    """Return the UTC second that a call id carries.

    Raises:
        MessageError: the text is no call id.
    """
    call_date(call_id)
    return datetime.strptime(call_id[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


class Archive:
    """The archive in a local folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, call_id: str) -> Path:
        """Return where a call's bundle is or would be.

        Raises:
            MessageError: the text is no call id (guards against path tricks).
        """
        return self.root / f"{call_date(call_id):%Y/%m/%d}" / call_id

    def ids(self, *, since: datetime | None = None, until: datetime | None = None) -> Iterator[str]:
        """Yield the ids of all bundles, newest first; whole days outside [since, until] are not looked at."""
        first = f"{since.astimezone(UTC):%Y/%m/%d}" if since else ""
        last = f"{until.astimezone(UTC):%Y/%m/%d}" if until else "9999"
        for day in sorted(self.root.glob("[0-9]*/[0-9]*/[0-9]*"), reverse=True):
            # A call may be offered a moment after its id was made, never a day: the id's day is the folder's.
            if not first <= day.relative_to(self.root).as_posix() <= last:
                continue
            names = (path.name for path in day.iterdir() if path.is_dir() and CALL_ID_PATTERN.match(path.name))
            yield from sorted(names, reverse=True)

    def list(self, wanted: Filter | None = None, *, limit: int = 50, before: str | None = None) -> BundlePage:
        """Return a page of bundles, newest first, that come after the call id ``before`` in that order.

        Bundles whose manifest cannot be read are left out and logged; :meth:`verify` names them.
        """
        wanted = wanted or Filter()
        found: list[Bundle] = []
        for call_id in self.ids(since=wanted.since, until=wanted.until):
            if before is not None and call_id >= before:
                continue
            try:
                bundle = self.open(call_id)
            except (BundleDamagedError, BundleNotFoundError) as error:
                log.warning("bundle left out of a list", call_id=call_id, code=error.code)
                continue
            if wanted.fits(bundle):
                if len(found) == limit:
                    return BundlePage(tuple(found), found[-1].call_id)
                found.append(bundle)
        return BundlePage(tuple(found), None)

    def open(self, call_id: str) -> Bundle:
        """Return a call's bundle.

        Raises:
            MessageError: the text is no call id.
            BundleNotFoundError: the archive does not hold this call.
            BundleDamagedError: its manifest is missing or unreadable.
        """
        path = self.path(call_id)
        if not path.is_dir():
            raise _not_found(call_id)
        return Bundle(path, load_manifest(path))

    def verify(self, call_id: str, *, deep: bool = True) -> tuple[str, ...]:
        """Return what is wrong with a call's bundle, each problem naming the file; empty = whole.

        Raises:
            MessageError: the text is no call id.
            BundleNotFoundError: the archive does not hold this call.
        """
        path = self.path(call_id)
        if not path.is_dir():
            raise _not_found(call_id)
        return tuple(check_bundle(path, deep=deep))


def _not_found(call_id: str) -> BundleNotFoundError:
    return BundleNotFoundError(text("recorder.not_found", call_id=call_id), remedy=text("recorder.not_found_remedy"))
