# SPDX-License-Identifier: GPL-3.0-or-later
"""Server-side sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from crm.errors import NotFoundError
from crm.models import WebSession
from crm.people import set_active, sign_out_everywhere
from crm.sessions import end_session, find_session, start_session, sweep_sessions

pytestmark = pytest.mark.unit
HOUR = timedelta(hours=1)


def test_a_session_is_found_by_its_token_only(db, staff, now):
    started = start_session(db, staff.agent.id, now=now, lifetime=HOUR)
    found = find_session(db, started.token, now=now)
    assert (found.person, found.csrf, found.expires_at) == (staff.agent, started.csrf, now + HOUR)
    assert find_session(db, started.csrf, now=now) is None
    assert find_session(db, "", now=now) is None
    assert find_session(db, "\ud800", now=now) is None


def test_the_token_is_not_in_the_database(db, staff, now, tmp_path):
    started = start_session(db, staff.agent.id, now=now, lifetime=HOUR)
    db.close()
    for path in tmp_path.iterdir():
        assert started.token.encode() not in path.read_bytes()


def test_tokens_differ(db, staff, now):
    made = [start_session(db, staff.agent.id, now=now, lifetime=HOUR) for _ in range(3)]
    assert len({item.token for item in made} | {item.csrf for item in made}) == 6


def test_sessions_expire_and_are_swept(db, staff, clock):
    started = start_session(db, staff.agent.id, now=clock.now(), lifetime=HOUR)
    clock.advance(3599)
    assert find_session(db, started.token, now=clock.now())
    assert sweep_sessions(db, now=clock.now()) == 0
    clock.advance(1)
    assert find_session(db, started.token, now=clock.now()) is None
    assert sweep_sessions(db, now=clock.now()) == 1
    with db.read() as session:
        assert session.scalar(select(func.count()).select_from(WebSession)) == 0


def test_sign_out(db, staff, now):
    one, two = (start_session(db, staff.agent.id, now=now, lifetime=HOUR) for _ in range(2))
    end_session(db, one.token)
    end_session(db, one.token)
    assert find_session(db, one.token, now=now) is None
    assert find_session(db, two.token, now=now)
    assert sign_out_everywhere(db, staff.agent.id, now=now) == 1
    assert find_session(db, two.token, now=now) is None


def test_a_person_switched_off_is_out_at_once(db, staff, now):
    started = start_session(db, staff.agent.id, now=now, lifetime=HOUR)
    set_active(db, staff.agent.id, False, now=now)
    assert find_session(db, started.token, now=now) is None
    with pytest.raises(NotFoundError):
        start_session(db, staff.agent.id, now=now, lifetime=HOUR)
