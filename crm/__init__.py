# SPDX-License-Identifier: GPL-3.0-or-later
"""The CRM room: people, calls, cases, and the procedure LIP20-0015 that a case follows.

All functions are synchronous and take a :class:`pipeline.database.Database` first; each is one transaction, and the
hub calls them in threads. The time is always passed in (``now``, timezone-aware). Importing does no I/O.

    from crm import calls, cases, people, sessions
    from crm.database import open_database

    db = open_database(settings.database)                                  # migrates; DatabaseError with a remedy
    limits = CaseLimits(limit_s=900, warning_s=600)                        # crm.clock

    people.create_person(db, username=, name=, password=, roles=, extension="", now=)   -> PersonView
    people.authenticate(db, username, password, address=, now=)            -> PersonView | SignInRefusedError ...
    people.find_person(db, username) / people.person_of_extension(db, "2101") / people.list_people(db)
    people.assign_extension(db, person_id, "2101", now=) / set_password / set_active / set_roles

    sessions.start_session(db, person_id, now=, lifetime=timedelta)        -> NewSession(token, csrf, expires_at)
    sessions.find_session(db, token, now=)                -> SessionView(person, csrf, expires_at) | None
    sessions.end_session(db, token) / sessions.sweep_sessions(db, now=)

    calls.apply(db, event)           idempotent, any order: call.offered/answered/ended, recording.closed, bundle.sealed
    calls.find_call(db, call_id)                                           -> CallView | None
    calls.recent_calls(db, extension, limit=10)                            -> list[CallView] (.recent_wire())
    calls.agent_day(db, person_id, now=)                                   -> AgentDay
    calls.board_day(db, now=)                                              -> BoardDay
    calls.archive_page(db, query="", day=None, page=1)                     -> ArchivePage(rows, total, page, pages)

    cases.open_case(db, call_id, person=, now=, limits=, ordinal=1)        -> CaseChange(case, event)
    cases.save_fields(db, case_id, version, fields, person=, now=)         -> CaseChange
    cases.transition(db, case_id, version, to, fields, person=, now=)      -> CaseChange
    cases.close_archived(db, call_id, now=)                                -> list[CaseChange]
    cases.find_case(db, case_id) / cases.cases_of_call(db, call_id)        -> CaseView ...
    cases.unfinished(db, person_id) / cases.count_by_state(db, since=, until=)

    audit.act_as(Actor(person="sari", address="10.0.0.7"))                 # once for each request or command
    audit.add(session, Fact("case_moved", ("case", number)), now=) / audit.record(db, Fact(...), now=)
    audit.verify(db, noted=None)                                           -> Verified(entries, head_hash, broken)
    audit_search.search(db, AuditQuery(person=, action=, words=), page=1)  -> AuditPage(rows, total, page, pages)
    audit_search.export(db, AuditQuery()) with json_lines / csv_lines      -> Iterator[str]

``person`` is a PersonView, or None for the system. ``CaseChange.event`` is for the hub to append to case.jsonl (None
when nothing changed). Every view has ``wire(...)``: JSON-ready data in the shape that the desk's pages read;
``CaseView.wire(viewer=person, language="id")`` offers in ``next`` only the moves that this person may make.
"""
