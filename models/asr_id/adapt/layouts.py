# SPDX-License-Identifier: GPL-3.0-or-later
"""What a folder of recordings says about itself, for the usual layouts; nothing is checked or decoded here.

Layouts, in the order in which they are looked for: Kaldi (``wav.scp`` and ``text``), an archived call of ours
(``call.flac``, ``transcript.json`` and people's ``corrected.tsv``), tables with a header line (Common Voice
``*.tsv``, ``metadata.csv`` and the like, ``*.jsonl`` manifests, our own ``index.toml``), a folder of archived calls,
and plain pairs ``x.wav`` with ``x.txt`` beside it.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.callfolder import LEGS
from pipeline.catalog import text
from pipeline.errors import KringError

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus", ".oga", ".au", ".aif", ".aiff", ".w64", ".sph"})
TRANSCRIPT_SUFFIXES = (".txt", ".lab", ".trn")
_AUDIO_COLUMNS = ("path", "file", "file_name", "filename", "audio", "audio_filepath", "audio_path", "wav")
_TEXT_COLUMNS = ("sentence", "text", "transcript", "transcription", "normalized_text", "raw_transcription")
_SPEAKER_COLUMNS = ("client_id", "speaker", "speaker_id", "spk", "voice")
_UNJUDGED = ("invalidated", "other", "reported", "clip_durations", "validated_sentences", "unvalidated_sentences")
_PARTS = ("train", "dev", "test")
_KALDI_FILES = ("wav.scp", "text")
_CALL_AUDIO, _CALL_TRANSCRIPT = "call.flac", "transcript.json"
CORRECTIONS_FILE = "corrected.tsv"
"""Beside a call's transcript.json: `turn` (from 1) and `text`, what was really said there."""


class DataFolderError(KringError):
    """A folder of recordings is missing, unreadable, or has no layout that we know; the message names it."""

    code = "asr_data"


@dataclass(frozen=True)
class Entry:
    """One utterance as the folder describes it; the transcript as written there."""

    path: Path
    transcript: str
    speaker: str
    name: str
    start_s: float = 0.0
    end_s: float | None = None  # None: to the end of the file
    channel: int | None = None  # None: all channels mixed
    problem: str = ""  # refusal code, when the layout itself shows that this one cannot be used
    machine: bool = False  # the transcript is a recogniser's, and nobody has corrected it


def entries(source: Path) -> list[Entry]:
    """Return what ``source`` (a folder, or one table file of it) lists.

    Raises:
        DataFolderError: it does not exist, is no layout that we know, or its tables cannot be read.
    """
    try:
        found = list(_read(source))
    except (OSError, UnicodeDecodeError, csv.Error, ValueError) as error:
        raise _error("unreadable", source, problem=str(error)) from error
    if not found:
        raise _error("empty", source)
    return found


def _read(source: Path) -> Iterable[Entry]:
    if source.is_file():
        return _table(source)
    if not source.is_dir():
        raise _error("missing", source)
    if all((source / name).is_file() for name in _KALDI_FILES):
        return _kaldi(source)
    if (source / _CALL_AUDIO).is_file():
        return _bundle(source)
    tables = _tables(source)
    if tables:
        return (entry for table in tables for entry in _table(table))
    bundles = sorted(path.parent for path in source.rglob(_CALL_AUDIO))
    if bundles:
        return (entry for bundle in bundles for entry in _bundle(bundle))
    return _pairs(source)


# Tables -------------------------------------------------------------------------------------------------------


def _tables(folder: Path) -> list[Path]:
    """Return the tables to read: of Common Voice only what people judged good, each clip once."""
    places = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    for place in places:
        known = {path.stem: path for path in sorted(place.iterdir()) if path.is_file() and _is_table(path)}
        if "validated" in known:
            return [known["validated"]]
        if any(part in known for part in _PARTS):
            return [known[part] for part in _PARTS if part in known]
        if known:
            return list(known.values())
    return []


def _is_table(path: Path) -> bool:
    if path.suffix.lower() not in {".tsv", ".csv", ".jsonl", ".toml"} or path.stem in _UNJUDGED:
        return False
    try:
        first = next(_rows(path), {})
    except (OSError, UnicodeDecodeError, csv.Error, ValueError):
        return False
    return _pick(first, _AUDIO_COLUMNS) is not None and _pick(first, _TEXT_COLUMNS) is not None


def _table(path: Path) -> Iterator[Entry]:
    number = 0
    for number, row in enumerate(_rows(path), 1):
        file, said = _pick(row, _AUDIO_COLUMNS), _pick(row, _TEXT_COLUMNS)
        if file is None or said is None:
            raise _error("columns", path, audio=", ".join(_AUDIO_COLUMNS), text=", ".join(_TEXT_COLUMNS))
        speaker = _pick(row, _SPEAKER_COLUMNS) or ""
        yield Entry(_locate(path.parent, file), said, speaker, f"{path.name}:{number}")
    if not number:
        raise _error("empty", path)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                yield _strings(json.loads(line))
    elif suffix == ".toml":
        for table in tomllib.loads(path.read_text(encoding="utf-8")).get("line", []):
            yield _strings(table)
    else:
        with path.open(encoding="utf-8-sig", newline="") as file:
            tabbed = suffix == ".tsv"  # Common Voice quotes nothing
            plain = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if tabbed else csv.DictReader(file)
            for row in plain:
                yield _strings(row)


def _strings(row: Any) -> dict[str, str]:
    if not isinstance(row, dict):
        raise ValueError(f"not a table row: {row!r}")
    return {str(name).strip().lower(): value for name, value in row.items() if isinstance(value, str)}


def _pick(row: dict[str, str], names: Iterable[str]) -> str | None:
    return next((row[name] for name in names if name in row), None)


def _locate(folder: Path, name: str) -> Path:
    """Return where a table's file is: as written, below ``clips`` or ``wavs``, or with an ending left off."""
    written = Path(name)
    for base in (folder, folder / "clips", folder / "wavs", folder / "audio", folder.parent / "clips"):
        path = base / written
        if path.is_file():
            return path
        if not written.suffix:
            for suffix in (".mp3", ".wav", ".flac"):
                if path.with_suffix(suffix).is_file():
                    return path.with_suffix(suffix)
    return folder / written


# Kaldi --------------------------------------------------------------------------------------------------------


def _kaldi(folder: Path) -> Iterator[Entry]:
    files = _pairs_of_lines(folder / "wav.scp")
    speakers = _pairs_of_lines(folder / "utt2spk")
    segments = _pairs_of_lines(folder / "segments")
    for name, said in _pairs_of_lines(folder / "text").items():
        record, start_s, end_s = _segment(name, segments.get(name)) if segments else (name, 0.0, None)
        file = files.get(record, "")
        problem = "pipe" if file.endswith("|") else "" if file else "unlisted"
        path = _locate_kaldi(folder, file) if not problem else folder / "wav.scp"
        yield Entry(path, said, speakers.get(name, ""), name, start_s, end_s, problem=problem)


def _segment(name: str, line: str | None) -> tuple[str, float, float | None]:
    if line is None:
        return "", 0.0, None
    record, start_s, end_s, *_ = line.split()
    return record, float(start_s), float(end_s) if float(end_s) >= 0 else None


def _locate_kaldi(folder: Path, file: str) -> Path:
    for base in (folder, Path(), *folder.parents):  # relative names are meant from where the recipe was run
        if (base / file).is_file():
            return base / file
    return folder / file


def _pairs_of_lines(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.strip().partition(" " if "\t" not in line else "\t") for line in lines if line.strip())
    return {name: rest.strip() for name, _, rest in pairs}


# Our archive, and plain pairs ---------------------------------------------------------------------------------


def _bundle(folder: Path) -> Iterator[Entry]:
    """Yield the turns of an archived call; each speaker is one leg of one call.

    What people corrected replaces what the machine wrote. A call without a transcript is two legs without one.
    """
    audio = folder / _CALL_AUDIO
    if not (folder / _CALL_TRANSCRIPT).is_file():
        for channel, leg in enumerate(LEGS):
            name = f"{folder.name}/{leg}"
            yield Entry(audio, "", name, name, channel=channel, problem="no_transcript")
        return
    transcript = json.loads((folder / _CALL_TRANSCRIPT).read_text(encoding="utf-8"))
    corrected = _corrections(folder / CORRECTIONS_FILE)
    call_id = str(transcript.get("call_id", folder.name))
    for number, turn in enumerate(transcript.get("turns", []), 1):
        speaker = str(turn["leg"])
        known = [leg for leg in LEGS if leg == speaker]
        yield Entry(
            audio,
            corrected.get(str(number), str(turn["text"])),
            f"{call_id}/{speaker}",
            f"{call_id}:{number}",
            int(turn["start_ms"]) / 1000,
            int(turn["end_ms"]) / 1000,
            LEGS.index(known[0]) if known else None,
            "" if known else "unlisted",
            machine=str(number) not in corrected,
        )


def _corrections(path: Path) -> dict[str, str]:
    """Return turn -> what was really said; empty text means that the turn is not to be used."""
    if not path.is_file():
        return {}
    rows = list(_rows(path))
    if any("turn" not in row or "text" not in row for row in rows):
        raise _error("columns", path, audio="turn", text="text")
    return {row["turn"].strip(): row["text"] for row in rows}


def _pairs(folder: Path) -> Iterator[Entry]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in AUDIO_SUFFIXES or not path.is_file():
            continue
        beside = [path.with_suffix(suffix) for suffix in TRANSCRIPT_SUFFIXES]
        written = next((file for file in beside if file.is_file()), None)
        said = written.read_text(encoding="utf-8") if written else ""
        name = path.relative_to(folder).as_posix()
        yield Entry(path, said, _speaker_of(path, folder), name, problem="" if written else "no_transcript")


def _speaker_of(path: Path, folder: Path) -> str:
    """Guess the speaker of a plain file: its folder below ``folder``, else its name up to the last ``_`` or ``-``."""
    if path.parent != folder:
        return path.parent.relative_to(folder).as_posix()
    stem = path.stem
    at = max(stem.rfind("_"), stem.rfind("-"))
    return stem[:at] if at > 0 else ""


def _error(key: str, path: Path, **params: str) -> DataFolderError:
    return DataFolderError(text(f"asr_data.{key}", path=path, **params), remedy=text("asr_data.layouts_remedy"))
