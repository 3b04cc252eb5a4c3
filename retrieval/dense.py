# SPDX-License-Identifier: GPL-3.0-or-later
"""Meaning: sentence vectors of every question form and title, in a FAISS index whose type depends on its size.

Beside its nearest passage an article is judged by its centre, the mean of all its passages: a question that nobody has
put like this before lies near the middle of its article rather than near one of the forms.

The encoder is any sentence-transformers model in a folder (the shipped one is ``models/encoder_id``); it is loaded
without network. An index records which encoder built it and refuses vectors of another one.
"""

from __future__ import annotations

import hashlib
import json
import math
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
IndexKind = Literal["flat", "ivf"]
MODEL_FILE = "modules.json"  # every sentence-transformers model has it
INPUT_FILE = "kring.json"  # beside the model: {"input": "stems"} when it was trained on stems
NEAREST_PASSAGES = 600  # of these the nearest articles are taken
# Measured on one core with 192 dimensions: flat takes 3 ms at 50,000 passages and 15 ms at 270,000, where an inverted
# file takes 1.4 ms, keeps 98 of the nearest 100 and is built in 4 s.
FLAT_MOST = 50_000
PROBED_LISTS = 32
TRAINING_PER_LIST = 64
TRAINING_ROUNDS = 8
ADD_AT_ONCE = 10_000  # passages; small enough that a search need not wait long


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
        if not (folder / MODEL_FILE).is_file():
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
    """Passages of articles by cosine: FAISS finds the nearest ones, an article's cosine is that of its nearest passage.

    Flat (every passage is compared) up to ``FLAT_MOST`` passages, an inverted file (IVF) above. Immutable and
    thread-safe once built.

    Parameters:
        vectors: unit vectors of all passages, article after article; may be a memory map.
        counts: how many passages each article has, at least one.
    """

    def __init__(self, encoder_id: str, vectors: Vectors, counts: NDArray[np.int64]) -> None:
        self.encoder_id = encoder_id
        self.vectors = vectors
        self._first = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)])
        self._article_of = np.repeat(np.arange(len(counts)), counts)
        self.kind: IndexKind = "flat" if len(vectors) <= FLAT_MOST else "ivf"
        self._centres = _centres(vectors, self._first[:-1])
        self._index = _index_of(vectors, self.kind)

    @classmethod
    def build(cls, articles: Sequence[Article], encoder: Encoder) -> DenseIndex:
        """Encode title and question forms of every article."""
        passages = [passage for article in articles for passage in passages_of(article)]
        return cls(encoder.encoder_id, encoder.encode(passages), counts_of(articles))

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def nearest(self, query: Vectors, encoder_id: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the articles of the nearest ``NEAREST_PASSAGES`` passages, nearest first, and their cosines.

        Parameters:
            query: one unit vector, shape (1, dimensions), made by ``encoder_id``.

        Raises:
            IndexMismatchError: another encoder made the query.
        """
        require(self.encoder_id, encoder_id)
        cosines, passages = self._index.search(query, min(len(self.vectors), NEAREST_PASSAGES))
        found = passages[0] >= 0  # an inverted file may find fewer
        articles = self._article_of[passages[0][found]]
        _, first = np.unique(articles, return_index=True)
        order = np.sort(first)
        return articles[order], cosines[0][found][order]

    def cosines(self, query: Vectors, articles: NDArray[np.int64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the exact cosine of each article's nearest passage, and that passage's number in the article."""
        if not len(articles):
            return np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.int64)
        first, counts = self._first[articles], self._first[articles + 1] - self._first[articles]
        starts = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)[:-1]])
        passages = np.repeat(first - starts, counts) + np.arange(int(counts.sum()))
        every = self.vectors[passages] @ query[0]
        best = np.maximum.reduceat(every, starts)
        which = np.flatnonzero(every == np.repeat(best, counts))
        owner = np.searchsorted(starts, which, side="right") - 1
        last = np.searchsorted(owner, np.arange(len(starts)), side="right") - 1  # a form rather than the title
        return best.astype(np.float32), which[last] - starts

    def to_centres(self, query: Vectors, articles: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the cosine of each article's centre, the mean of its passages."""
        return np.asarray(self._centres[articles] @ query[0], dtype=np.float32)


def _centres(vectors: Vectors, first: NDArray[np.int64]) -> Vectors:
    """Return the unit vector of the mean of each article's passages; ``first``: the first passage of each."""
    if not len(first):
        return np.zeros((0, vectors.shape[1]), dtype=np.float32)
    sums = np.add.reduceat(vectors, first, axis=0)
    return np.asarray(sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _index_of(vectors: Vectors, kind: IndexKind) -> Any:
    import faiss

    faiss.omp_set_num_threads(1)
    count, dimensions = vectors.shape
    if kind == "flat":
        index: Any = faiss.IndexFlatIP(dimensions)
    else:
        lists = 2 ** round(math.log2(math.sqrt(count)))
        quantizer = faiss.IndexFlatIP(dimensions)
        index = faiss.IndexIVFFlat(quantizer, dimensions, lists, faiss.METRIC_INNER_PRODUCT)
        index.cp.max_points_per_centroid, index.cp.niter, index.nprobe = (
            TRAINING_PER_LIST,
            TRAINING_ROUNDS,
            PROBED_LISTS,
        )
        chosen = np.random.default_rng(0).choice(count, min(count, lists * TRAINING_PER_LIST), replace=False)
        index.train(np.ascontiguousarray(vectors[np.sort(chosen)]))
    for start in range(0, count, ADD_AT_ONCE):
        index.add(np.ascontiguousarray(vectors[start : start + ADD_AT_ONCE]))
    return index


def require(index: str, encoder: str) -> None:
    """Raise IndexMismatchError unless the ids of the index's encoder and of the encoder in use are the same."""
    if encoder != index:
        raise IndexMismatchError(
            text("retrieval.index_mismatch", index=index, encoder=encoder),
            remedy=text("retrieval.index_mismatch_remedy"),
        )


def passages_of(article: Article) -> tuple[str, ...]:
    """Return what of an article is encoded: its title, then its question forms."""
    return (article.title, *article.questions)


def counts_of(articles: Sequence[Article]) -> NDArray[np.int64]:
    """Return how many passages each article has."""
    return np.array([len(passages_of(article)) for article in articles], dtype=np.int64)


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
