# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the model hears: held-out sentences by known and unknown voices, on the telephone, and what it costs."""
