# SPDX-License-Identifier: GPL-3.0-or-later
"""Indonesian telephone speech recognition for Vosk: the shipped model and the recipe that made it."""
