# SPDX-License-Identifier: GPL-3.0-or-later
"""The recording announcement and the sync tone that telephony plays, and the script that makes them."""
