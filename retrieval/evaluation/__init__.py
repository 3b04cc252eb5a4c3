# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the search finds the right article: recall, MRR, "no answer", latency; hybrid against its two halves."""
