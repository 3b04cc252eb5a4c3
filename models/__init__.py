# SPDX-License-Identifier: GPL-3.0-or-later
"""Shipped models and spoken material, their cards, and the recipes that made them.

Nothing here is imported by a running service except small readers such as `models.demo_speech.library`.
"""
