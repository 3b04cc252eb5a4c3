# SPDX-License-Identifier: GPL-3.0-or-later
"""Real recordings: reading folders of audio with transcripts, and adapting the model with them."""
