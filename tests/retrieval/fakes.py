# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for unit tests: articles from a few words, an article store in memory, an encoder without training."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date

import numpy as np

from retrieval.articles import Article
from retrieval.dense import Vectors
from retrieval.errors import ArticleNotFoundError, EncoderError
from retrieval.normalize import content_stems


def article(article_id: str, title: str, *questions: str, version: int = 1, **fields: object) -> Article:
    """Return a published article; question forms are filled up to the least number."""
    forms = list(questions)
    forms += [f"{title} bentuk {number}" for number in range(8 - len(forms))]
    data: dict[str, object] = {
        "id": article_id,
        "title": title,
        "version": version,
        "status": "published",
        "topic": "Uji",
        "questions": forms,
        "body": f"Jawaban mengenai {title} untuk penelepon.",
    }
    return Article.model_validate(data | fields)


class MemoryStore:
    """An ``ArticleStore`` that tests can publish into, and break."""

    def __init__(self, *articles: Article) -> None:
        self.articles = list(articles)
        self.failure: Exception | None = None

    def publish(self, item: Article) -> None:
        self.articles.append(item)

    def revision(self) -> str:
        if self.failure is not None:
            raise self.failure
        return "|".join(f"{one.id}.{one.version}" for one in self.articles)

    def published(self) -> Sequence[Article]:
        if self.failure is not None:
            raise self.failure
        return list(self.articles)

    def get(self, article_id: str, version: int | None = None) -> Article:
        for one in self.articles:
            if one.id == article_id and version in (None, one.version):
                return one
        raise ArticleNotFoundError(article_id)


class BagEncoder:
    """Hashed bag of stems: deterministic, no model. ``synonyms`` gives it a meaning that words do not show."""

    def __init__(self, encoder_id: str = "bag", synonyms: dict[str, str] | None = None) -> None:
        self._id = encoder_id
        self._synonyms = synonyms or {}

    @property
    def encoder_id(self) -> str:
        return self._id

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), 256), dtype=np.float32)
        for row, text in enumerate(texts):
            for stem in content_stems(text):
                key = self._synonyms.get(stem, stem)
                vectors[row, int.from_bytes(hashlib.sha256(key.encode()).digest()[:2]) % 256] += 1.0
            vectors[row] /= max(float(np.linalg.norm(vectors[row])), 1e-9)
        return vectors


def no_encoder(_folder: object) -> BagEncoder:
    """A loader that fails as a missing model does."""
    raise EncoderError("model tidak ada")


TODAY = date(2026, 11, 24)
EFIN = article("lupa-efin", "Lupa EFIN", "saya lupa efin bagaimana minta lagi")
SANDI = article("lupa-sandi", "Lupa kata sandi Coretax", "kata sandi coretax saya lupa")
UMKM = article("tarif-umkm", "Tarif pajak UMKM", "berapa tarif umkm", "omzet 500 juta kena pajak atau tidak")
