# SPDX-License-Identifier: GPL-3.0-or-later
"""Meaning: sentence vectors of every question form and title, in a FAISS index.

The encoder is any sentence-transformers model in a folder (the shipped one is ``models/encoder_id``); it is loaded
without network. An index records which encoder built it and refuses vectors of another one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.catalog import text
from retrieval.articles import Article
from retrieval.errors import EncoderError, IndexMismatchError
from retrieval.normalize import content_stems, normalize

Vectors = NDArray[np.float32]
InputForm = Literal["words", "stems"]
INPUT_FILE = "kring.json"  # beside the model: {"input": "stems"} when it was trained on stems
NEAREST_PASSAGES = 2000  # articles beyond these passages count as not similar at all
_HEADER_SUFFIX = ".json"


class Encoder(Protocol):
    """Turns text into unit vectors. Implementations must be safe to call from several threads."""

    @property
    def encoder_id(self) -> str:
        """A name that changes whenever the vectors would."""
        ...

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one row of unit length per text; shape (len(texts), dimensions)."""
        ...


def prepare(text: str, form: InputForm) -> str:
    """Return ``text`` as an encoder wants it: written words for models of general language, stems for ours."""
    return " ".join(content_stems(text)) if form == "stems" else normalize(text)


class SentenceEncoder:
    """A sentence-transformers model from a folder; the text is normalised before it is encoded."""

    def __init__(self, folder: Path) -> None:
        """Load the model (seconds: PyTorch is imported); raises EncoderError when the folder is not a model."""
        if not (folder / "modules.json").is_file():
            raise EncoderError(text("retrieval.encoder_missing", path=folder), remedy=text("retrieval.encoder_remedy"))
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
            os.environ[name] = "1"
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        try:
            import torch
            from sentence_transformers import SentenceTransformer

            torch.set_num_threads(1)  # one short question at a time: more threads only wait for each other

            self._model: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
            self._id = _folder_id(folder)
            self._form = _input_form(folder)
            self.encode(["uji"])
        except Exception as error:  # the library raises whatever its parsers raise
            raise EncoderError(
                text(
                    "retrieval.encoder_broken",
                    path=folder,
                    problem=str(error).splitlines()[0] if str(error) else type(error).__name__,
                ),
                remedy=text("retrieval.encoder_remedy"),
            ) from error

    @property
    def encoder_id(self) -> str:
        """Folder name and a hash of the weights and the tokenizer."""
        return self._id

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors, shape (len(texts), dimensions)."""
        vectors = self._model.encode(
            [prepare(item, self._form) for item in texts],
            normalize_embeddings=True,
            convert_to_numpy=True,
            show_progress_bar=False,
        )
        return np.ascontiguousarray(vectors, dtype=np.float32)


class DenseIndex:
    """Nearest question form per article, by cosine. Immutable and thread-safe once built."""

    def __init__(self, encoder_id: str, vectors: Vectors, rows: NDArray[np.int64], articles: int) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self.encoder_id = encoder_id
        self._vectors = vectors
        self._rows = rows
        self._articles = articles
        self._first = np.searchsorted(rows, np.arange(articles))
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(vectors)

    @classmethod
    def build(cls, articles: Sequence[Article], encoder: Encoder) -> DenseIndex:
        """Encode title and question forms of every article."""
        passages = [(row, form) for row, article in enumerate(articles) for form in passages_of(article)]
        vectors = encoder.encode([form for _, form in passages])
        return cls(encoder.encoder_id, vectors, np.array([row for row, _ in passages], dtype=np.int64), len(articles))

    def similarities(self, query: Vectors, encoder_id: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return per article the best cosine and which of its passages gave it.

        Parameters:
            query: one unit vector, shape (1, dimensions), made by ``encoder_id``.

        Raises:
            IndexMismatchError: another encoder made the query.
        """
        self._require(encoder_id)
        found, passages = self._index.search(query, min(len(self._rows), NEAREST_PASSAGES))
        rows = self._rows[passages[0]]
        best = np.zeros(self._articles, dtype=np.float32)
        which = np.full(self._articles, -1, dtype=np.int64)
        # nearest last, so that of an article's passages the nearest is what stays
        best[rows[::-1]] = found[0][::-1]
        which[rows[::-1]] = (passages[0] - self._first[rows])[::-1]
        return best, which

    def save(self, path: Path) -> None:
        """Write vectors (FAISS) and beside them a header with the encoder and a hash."""
        import faiss

        faiss.write_index(self._index, str(path))
        header = {
            "encoder_id": self.encoder_id,
            "articles": self._articles,
            "rows": self._rows.tolist(),
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
        path.with_name(path.name + _HEADER_SUFFIX).write_text(json.dumps(header), encoding="utf-8")

    @classmethod
    def load(cls, path: Path, encoder_id: str) -> DenseIndex:
        """Read an index back.

        Raises:
            IndexMismatchError: it is missing, truncated, damaged, or of another encoder.
        """
        import faiss

        try:
            header = json.loads(path.with_name(path.name + _HEADER_SUFFIX).read_text(encoding="utf-8"))
            intact = header["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
            made_by, rows, articles = header["encoder_id"], header["rows"], header["articles"]
        except (OSError, ValueError, KeyError) as error:
            raise IndexMismatchError(text("retrieval.index_damaged", path=path)) from error
        if not intact:
            raise IndexMismatchError(text("retrieval.index_damaged", path=path))
        stored = faiss.read_index(str(path))
        index = cls(made_by, stored.reconstruct_n(0, stored.ntotal), np.array(rows, dtype=np.int64), articles)
        index._require(encoder_id)
        return index

    def _require(self, encoder_id: str) -> None:
        if encoder_id != self.encoder_id:
            raise IndexMismatchError(
                text("retrieval.index_mismatch", index=self.encoder_id, encoder=encoder_id),
                remedy=text("retrieval.index_mismatch_remedy"),
            )


def passages_of(article: Article) -> tuple[str, ...]:
    """Return what of an article is encoded: its title, then its question forms."""
    return (article.title, *article.questions)


def _input_form(folder: Path) -> InputForm:
    path = folder / INPUT_FILE
    stated = json.loads(path.read_text(encoding="utf-8"))["input"] if path.is_file() else "words"
    if stated not in ("words", "stems"):
        raise ValueError(f"{INPUT_FILE}: input is {stated!r}")
    return "stems" if stated == "stems" else "words"


def _folder_id(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".safetensors", ".json", ".txt", ".model"}:
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return f"{folder.name if folder.name != 'model' else folder.parent.name}@{digest.hexdigest()[:12]}"
