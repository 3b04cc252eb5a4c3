# SPDX-License-Identifier: GPL-3.0-or-later
"""What an office has written with the first tables is all there after the newest version."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import text

from crm import attachments, cases, extensions, queues, tasks
from crm.migrations import SCHEMA
from crm.people import find_person
from tests.crm.office import CALL
from tests.crm.paths import consulting, escalated, go, searching

pytestmark = pytest.mark.integration
CALL2, CALL3 = "20260105T020000-0000beef", "20260105T030000-0000cafe"


def test_down_to_the_first_tables_and_up_again(db, staff, now):
    used = searching(db, staff, now)
    used = go(db, used, staff.agent, now, "answered", answer="a", article_id="lupa-efin", article_version=2)
    waiting = escalated(db, staff, now, CALL2)
    asked = go(db, consulting(db, staff, now, CALL3), staff.leader, now, "answered", answer="b", sikp_update="needed")
    with db.connection() as connection:
        command.downgrade(SCHEMA.config(connection), "0002")
    with db.connection() as connection:
        assert connection.execute(text("SELECT count(*) FROM extension_assignment")).scalar() == 2
        assert connection.execute(text("SELECT count(*) FROM case_transition")).scalar() == sum(
            len(case.timeline) for case in (used, waiting, asked)
        )
    SCHEMA.upgrade(db)
    assert find_person(db, "sari").extension == "2101"
    assert [item.number for item in extensions.list_extensions(db)] == ["2101", "2102"]
    assert cases.find_case(db, used.id) == used
    assert cases.find_case(db, waiting.id) == waiting
    assert [item.case.id for item in queues.escalations(db, now=datetime.now(UTC))] == [waiting.id]
    assert [item.article_version for item in attachments.articles_of_case(db, used.id)] == [2]
    assert [(item.call_id, item.part) for item in attachments.calls_of_case(db, used.id)] == [(CALL, "question")]
    assert [(item.case_id, item.state, item.answer) for item in tasks.list_tasks(db)] == [(asked.id, "open", "b")]
