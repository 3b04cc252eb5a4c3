# SPDX-License-Identifier: GPL-3.0-or-later
"""From the live call folder to the sealed bundle: repair, sealing, integrity and reading back."""
