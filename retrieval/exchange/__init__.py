# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles in and out: Markdown with front matter, CSV, XLSX and a JSON dump.

Reading a file gives everything that is good and everything that is wrong, each with its place
(:class:`retrieval.exchange.reading.Reading`); :mod:`retrieval.exchange.importing` takes all of it over or nothing.
"""
