# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the growing recordings of a call into words: a pool of disposable Vosk workers.

The audio on disk is the truth, ``transcript.jsonl`` the result. A worker may die at any moment; the next one goes
on from what both files say.
"""
