# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped sentence encoder (``model/``) and the recipe that makes it from the articles' question forms.

The service reads only ``model/``; everything here runs on a developer's machine. See CARD.md.
"""
