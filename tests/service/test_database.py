# SPDX-License-Identifier: GPL-3.0-or-later
"""The service's one database on PostgreSQL: both rooms' tables side by side, opened again, written by both."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import inspect

from crm.models import Base as CrmBase
from crm.people import create_person, find_person
from pipeline.events import SuggestionUsed
from retrieval.dbstore import DbArticleStore
from retrieval.feedback import FeedbackIndex
from retrieval.tables import Base as ArticlesBase
from service.database import open_database
from tests.crm.office import CHEAP_HASHER, PASSWORD
from tests.postgresql import Server
from tests.retrieval.fakes import article

pytestmark = pytest.mark.integration
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_both_rooms_live_in_one_postgresql_database(postgresql: Server) -> None:
    url = postgresql.create()
    open_database(url).close()
    database = open_database(url.replace("postgresql+psycopg://", "postgresql://"))
    tables = set(inspect(database.engine).get_table_names())
    assert tables >= {*CrmBase.metadata.tables, *ArticlesBase.metadata.tables}
    create_person(database, username="sari", name="Sari", password=PASSWORD, roles=["agent"], extension="2101",
                  now=NOW, hasher=CHEAP_HASHER)  # fmt: skip
    DbArticleStore(database).publish(article("efin", "Lupa EFIN"), on=0, by="kiki")
    index = FeedbackIndex(database)
    used = SuggestionUsed(at=NOW, call_id="20261124T030000-0000beef", article_id="efin", version=1, person="sari")
    for _ in range(2):
        index.take(used)
    assert find_person(database, "sari") is not None
    assert [(one.action, one.at, one.articles) for one in index.facts()] == [("used", NOW, (("efin", 1),))]
    database.close()
    postgresql.drop(url)
