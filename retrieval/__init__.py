# SPDX-License-Identifier: GPL-3.0-or-later
"""SIKP: the articles, the search over them, and the suggestions that appear while a caller speaks.

Importing this package is cheap: PyTorch, sentence-transformers and FAISS are imported only when the search
engine loads its encoder, in a background thread.
"""
