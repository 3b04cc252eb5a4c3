# SPDX-License-Identifier: GPL-3.0-or-later
"""Vectors on disk: they come back, and what is damaged or somebody else's is refused."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from retrieval.errors import IndexMismatchError
from retrieval.vectorfile import read_vectors, write_vectors

pytestmark = pytest.mark.unit

VECTORS = np.arange(24, dtype=np.float32).reshape(6, 4)
BLOCKS = [("aa", 2), ("bb", 1), ("cc", 3)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "sikp-index" / "vectors.kring"
    write_vectors(file, "model@1", BLOCKS, VECTORS)
    return file


def test_vectors_come_back_and_nothing_else_lies_beside_them(path: Path) -> None:
    blocks, vectors = read_vectors(path, "model@1", 4)
    assert blocks == BLOCKS
    np.testing.assert_array_equal(vectors, VECTORS)
    assert [one.name for one in path.parent.iterdir()] == ["vectors.kring"]


def test_a_map_stays_good_when_the_file_is_replaced(path: Path) -> None:
    _, mapped = read_vectors(path, "model@1", 4)
    write_vectors(path, "model@1", [("dd", 1)], VECTORS[:1] + 7)
    np.testing.assert_array_equal(mapped, VECTORS)
    assert read_vectors(path, "model@1", 4)[0] == [("dd", 1)]


def test_no_file_is_no_damage(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_vectors(tmp_path / "none", "model@1", 4)


def test_another_encoder_and_another_dimension_are_refused(path: Path) -> None:
    with pytest.raises(IndexMismatchError, match=r"model@1.*model@2"):
        read_vectors(path, "model@2", 4)
    with pytest.raises(IndexMismatchError, match=r"4.*8"):
        read_vectors(path, "model@1", 8)


def test_whatever_is_cut_off_is_noticed(path: Path) -> None:
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(IndexMismatchError, match="rusak"):
            read_vectors(path, "model@1", 4)


def test_every_changed_byte_is_noticed(path: Path) -> None:
    content = path.read_bytes()
    for place in random.Random(1).sample(range(len(content)), 60):
        path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
        with pytest.raises(IndexMismatchError):
            read_vectors(path, "model@1", 4)
