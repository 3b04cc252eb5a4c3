# SPDX-License-Identifier: GPL-3.0-or-later
"""The acoustic model: features, augmentation, network, LF-MMI training, export to Kaldi's format, alignment."""
