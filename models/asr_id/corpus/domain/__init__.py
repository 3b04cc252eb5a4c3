# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said on the phone with a tax information centre: templates, dialogues, lists, articles, casual speech."""
