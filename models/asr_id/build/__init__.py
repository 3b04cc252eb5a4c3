# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipe as stages: text, speech, features, training, export and graph, evaluation."""
