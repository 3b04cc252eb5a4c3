# SPDX-License-Identifier: GPL-3.0-or-later
"""Kaldi's binary serialisation, as far as an nnet3 acoustic model needs it (kaldi/src/base/io-funcs, matrix/)."""

from __future__ import annotations

import struct
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

BINARY_MARK = b"\0B"
Numbers = npt.ArrayLike


def token(name: str) -> bytes:
    """A token and the blank that ends it."""
    return name.encode("ascii") + b" "


def int32(value: int) -> bytes:
    """A 32-bit integer with its size byte."""
    return b"\x04" + struct.pack("<i", value)


def float32(value: float) -> bytes:
    """A float with its size byte."""
    return b"\x04" + struct.pack("<f", value)


def float64(value: float) -> bytes:
    """A double with its size byte."""
    return b"\x08" + struct.pack("<d", value)


def int_vector(values: Iterable[int]) -> bytes:
    """std::vector<int32>: size of an element, count, raw values."""
    array = np.asarray(list(values), "<i4")
    return b"\x04" + struct.pack("<i", len(array)) + array.tobytes()


def vector(values: Numbers) -> bytes:
    """Vector<float>."""
    array = np.asarray(values, "<f4").reshape(-1)
    return token("FV") + int32(len(array)) + array.tobytes()


def matrix(values: Numbers) -> bytes:
    """Matrix<float>."""
    array = np.ascontiguousarray(values, "<f4")
    return token("FM") + int32(array.shape[0]) + int32(array.shape[1]) + array.tobytes()


def double_matrix(values: Numbers) -> bytes:
    """Matrix<double>."""
    array = np.ascontiguousarray(values, "<f8")
    return token("DM") + int32(array.shape[0]) + int32(array.shape[1]) + array.tobytes()
