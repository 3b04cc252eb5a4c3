# SPDX-License-Identifier: GPL-3.0-or-later
"""Language model and decoding graph of the Indonesian model, and their refresh without touching the acoustic model."""
