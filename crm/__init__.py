# SPDX-License-Identifier: GPL-3.0-or-later
"""The CRM room: people, calls, cases, and the procedure LIP20-0015 that a case follows.

All functions are synchronous and take a :class:`pipeline.database.Database` first; each is one transaction, and the
hub calls them in threads. The time is always passed in (``now``, timezone-aware). Importing does no I/O.

    from crm import calls, cases, people, sessions
    from crm.database import open_database

    db = open_database(settings.database)                                  # migrates; DatabaseError with a remedy
    limits = CaseLimits(limit_s=900, warning_s=600)                        # crm.clock

    people.create_person(db, username=, name=, password=, roles=, extension="", now=)   -> PersonView
    signin.authenticate(db, username, password, address=, now=)            -> PersonView | SignInRefusedError ...
    people.find_person(db, username) / people.person_of_extension(db, "2101") / people.list_people(db)
    people.change_person(db, person_id, name=, roles=, extension="2101", version=, now=) / set_active(...)
    people.sign_out_everywhere(db, person_id, now=) / passwords.set_password(db, person_id, password, once=True, now=)
    accounts.list_accounts(db, now=) / find_account(db, person_id, now=)   as administrators see people

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
    cases.open_next_case(db, call_id, person=, now=, limits=, request_key="")           a further question
    cases.save_fields(db, case_id, version, fields, person=, now=, request_key="", sources=) -> CaseChange
    cases.transition(db, case_id, version, to, fields, person=, now=, request_key="")   -> CaseChange
    cases.close_archived(db, call_id, now=)                                -> list[CaseChange]
    cases.find_case(db, case_id) / cases.cases_of_call(db, call_id)        -> CaseView ...
    cases.unfinished(db, person_id) / cases.count_by_state(db, since=, until=)

    queues.consultations(db, now=) / queues.escalations(db, now=, taken_by=None)        -> list[Waiting]
    callbacks.plan(db, case_id, due_at=, phone="", person=, now=) / callbacks_of_case / due_callbacks -> CallBackView
    callbacks.attempt(db, id, version, call_id=, ...) / reached(...) / give_up(..., reason=)
    tasks.list_tasks(db, states) / find_task / task_of_case                -> TaskView
    tasks.move_task(db, id, version, "take|give_back|publish|decline", article_id=, article_version=, reason=, ...)
    attachments.calls_of_case / cases_in_call / link_call / articles_of_case / attach / cases_with_article
    taxpayers.create_taxpayer / change_taxpayer(db, id, version, ...) / search_taxpayers / taxpayers_of_phone
    taxpayers.cases_of_taxpayer(db, id)      a case's taxpayer is its field taxpayer_id
    identity.npwp_form(text) / nik_form(text)                              -> NumberForm(ok, digits, grouped, problems)
    extensions.list_extensions / add_extensions(db, numbers) / set_enabled(db, number, enabled, now=)
    agents.set_state(db, person_id, "ready|paused|busy|wrap_up|offline", reason=, call_id=, now=)
    agents.present_state(s) / spans(db, person_id, begin, end) / seconds_by_state(spans)
    shifts.call_answered / call_ended / sign_out_absent / wrapping_up / finish_wrap_up / availability    states follow
    callers.history(db, call_id)             what is known of a caller by the number
    outcalls.offered / answered(db, event)   calls that we make, linked to case and call-back by their events
    guards.sweep_requests(db, before=)       keys of requests older than any page that may still repeat one

    audit.act_as(Actor(person="sari", address="10.0.0.7"))                 # once for each request or command
    audit.add(session, Fact("case_moved", ("case", number)), now=) / audit.record(db, Fact(...), now=)
    audit.add_once / record_once(..., within=timedelta)                    one entry a person and object in a while
    audit.verify(db, noted=None)                                           -> Verified(entries, head_hash, broken)
    audit_search.search(db, AuditQuery(person=, action=, words=), page=1)  -> AuditPage(rows, total, page, pages)
    audit_search.export(db, AuditQuery()) with json_lines / csv_lines      -> Iterator[str]

``person`` is a PersonView, or None for the system. ``CaseChange.event`` is for the hub to append to case.jsonl (None
when nothing changed). Every view has ``wire(...)``: JSON-ready data in the shape that the desk's pages read;
``CaseView.wire(viewer=person, language="id")`` offers in ``next`` only the moves that this person may make.
"""
