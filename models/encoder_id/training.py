# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokenizer and training of the static encoder: an embedding table whose mean over a text is its vector.

A table of this size trains in a minute on one core and encodes a question in well under a millisecond, which is
what a service on two cores that also transcribes can afford.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from models.encoder_id.corpus import Group, rounds

UNKNOWN = "[UNK]"


@dataclass(frozen=True, slots=True)
class Plan:
    """Hyper-parameters. ``answers``, ``drop``: see :func:`models.encoder_id.corpus.rounds`."""

    dimensions: int = 192
    vocabulary: int = 4000
    rounds: int = 350
    learning_rate: float = 0.02
    scale: float = 8.0
    drop: float = 0.3
    answers: float = 0.4
    seed: int = 7


def train_tokenizer(texts: Sequence[str], vocabulary: int) -> Any:
    """Return a byte-pair tokenizer (``tokenizers.Tokenizer``) learned from ``texts``.

    BPE without word-border marks: the library's other trainers number their pieces in hash order, which differs
    from run to run, and with it the model.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=vocabulary, min_frequency=1, special_tokens=[UNKNOWN], show_progress=False)
    tokenizer.train_from_iterator(sorted(texts), trainer)
    return tokenizer


def train(material: Sequence[Group], plan: Plan, report: Callable[[int, float], None] = lambda *_: None) -> Any:
    """Return a trained ``SentenceTransformer``; ``report`` receives (round, loss) now and then."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    torch.manual_seed(plan.seed)
    torch.set_num_threads(1)
    rng = random.Random(plan.seed)  # noqa: S311 - training order, nothing secret
    texts = [text for group in material for text in (*group.forms, *group.sentences)]
    module = StaticEmbedding(train_tokenizer(texts, plan.vocabulary), embedding_dim=plan.dimensions)
    with torch.no_grad():
        module.embedding.weight.normal_(0.0, 1.0)
        module.embedding.weight[0].zero_()  # [UNK] says nothing
    model = SentenceTransformer(modules=[module], device="cpu")
    loss_of = MultipleNegativesRankingLoss(model, scale=plan.scale)
    optimizer = torch.optim.Adam(model.parameters(), lr=plan.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, plan.rounds)
    model.train()
    for number, (anchors, positives) in enumerate(
        rounds(material, plan.rounds, rng, drop=plan.drop, answers=plan.answers), 1
    ):
        optimizer.zero_grad()
        loss = loss_of([module.preprocess(anchors), module.preprocess(positives)], None)
        loss.backward()
        optimizer.step()
        schedule.step()
        if number % 50 == 0:
            report(number, float(loss.detach()))
    model.eval()
    return model
