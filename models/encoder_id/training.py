# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokenizer and training of the static encoder: an embedding table whose mean over a text is its vector.

The table begins with what words mean in everyday text (:mod:`models.encoder_id.words`) and is then trained to bring
the forms of one question together and those of different articles apart. A table of this size trains in a minute on
one core and encodes a question in well under a millisecond, which is what a service on two cores that also
transcribes can afford.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.encoder_id.corpus import Damage, Group, rounds
from models.encoder_id.words import word_vectors

UNKNOWN = "[UNK]"


@dataclass(frozen=True, slots=True)
class Plan:
    """Hyper-parameters. ``pieces``: size of what is no whole word, beside word vectors of 1, at the start."""

    dimensions: int = 192
    vocabulary: int = 12000
    rounds: int = 350
    learning_rate: float = 0.02
    scale: float = 8.0
    pieces: float = 0.3
    damage: Damage = field(default_factory=Damage)
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


def train(
    material: Sequence[Group],
    everyday: Sequence[str],
    plan: Plan,
    report: Callable[[int, float], None] = lambda *_: None,
) -> Any:
    """Return a trained ``SentenceTransformer``.

    Parameters:
        everyday: text that only tells which words are alike.
        report: receives (round, loss) now and then.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    torch.manual_seed(plan.seed)
    torch.set_num_threads(1)
    rng = random.Random(plan.seed)  # noqa: S311 - training order, nothing secret
    texts = [text for group in material for text in group.texts]
    module = _untrained([*texts, *everyday], plan)
    model = SentenceTransformer(modules=[module], device="cpu")
    loss_of = MultipleNegativesRankingLoss(model, scale=plan.scale)
    optimizer = torch.optim.Adam(model.parameters(), lr=plan.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, plan.rounds)
    strangers = sorted({word for text in (*texts, *everyday) for word in text.split()})
    model.train()
    for number, (anchors, positives) in enumerate(rounds(material, plan.rounds, rng, plan.damage, strangers), 1):
        optimizer.zero_grad()
        loss = loss_of([module.preprocess(anchors), module.preprocess(positives)], None)
        loss.backward()
        optimizer.step()
        schedule.step()
        if number % 50 == 0:
            report(number, float(loss.detach()))
    model.eval()
    return model


def _untrained(texts: Sequence[str], plan: Plan) -> Any:
    """Return the embedding table before training: whole words from their company, pieces of words at random."""
    import torch
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    tokenizer = train_tokenizer(texts, plan.vocabulary)
    module = StaticEmbedding(tokenizer, embedding_dim=plan.dimensions)
    table = module.embedding.weight
    with torch.no_grad():
        table.normal_(0.0, plan.pieces)
        vocabulary = tokenizer.get_vocab()
        for word, vector in word_vectors(texts, plan.dimensions).items():
            if word in vocabulary:
                row = torch.tensor(vector * plan.dimensions**0.5, dtype=torch.float32)
                table[vocabulary[word], : len(vector)] = row
        table[0].zero_()  # [UNK] says nothing
    return module
