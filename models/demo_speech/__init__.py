# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoken Indonesian phone calls for the demo and the tests, and the recipe that synthesises them.

`library` reads the finished audio and needs nothing but the standard library; every other module is the recipe
and needs the system packages that CARD.md lists.
"""
