# SPDX-License-Identifier: GPL-3.0-or-later
"""Articles in a running hub: what the command line publishes appears, and every version stays to be seen."""

from __future__ import annotations

import asyncio

import pytest

from pipeline.database import Database
from retrieval.dbstore import DbArticleStore
from tests.desk.conftest import Desk
from tests.desk.test_api import wait_for_search
from tests.retrieval.fakes import article

pytestmark = pytest.mark.integration


async def test_a_publication_of_another_process_is_found_without_a_restart(desk: Desk) -> None:
    await wait_for_search(desk)
    browser = await desk.signed_in("sari")
    other = Database(desk.hub.settings.database)  # as kring articles publish opens it
    store = DbArticleStore(other)
    await asyncio.to_thread(store.publish, article("kerbau", "Pajak kerbau", "berapa pajak kerbau"), on=0, by="kiki")
    async with asyncio.timeout(20):
        while not (found := (await browser.get("/api/search", params={"q": "berapa pajak kerbau"})).json()["articles"]):
            await asyncio.sleep(0.02)
    assert found[0]["article_id"] == "kerbau"
    other.close()


async def test_the_version_that_an_agent_saw_is_shown_again(desk: Desk) -> None:
    await wait_for_search(desk)
    browser = await desk.signed_in("sari")
    store = desk.hub.articles

    async def shown(query: str) -> dict[str, object]:
        response = await browser.get(f"/api/articles/kerbau{query}")
        assert response.status_code == 200, response.text
        return response.json()

    await asyncio.to_thread(store.publish, article("kerbau", "Pajak kerbau"), on=0, by="kiki")
    seen = await shown("")
    assert (seen["version"], seen["newest"], seen["status"]) == (1, 1, "published")
    await asyncio.to_thread(store.publish, article("kerbau", "Pajak kerbau putih"), on=1, by="kiki")
    again = await shown("?version=1")
    assert again == {**seen, "newest": 2}
    await asyncio.to_thread(store.retire, "kerbau", on=2, by="kiki")
    assert await shown("?version=1") == {**seen, "newest": 3, "status": "retired"}
    assert (await browser.get("/api/articles/kerbau?version=9")).status_code == 404


async def test_the_database_begins_with_the_folder_of_the_settings(desk: Desk) -> None:
    await wait_for_search(desk)
    assert [one.id for one in desk.hub.articles.published()] == ["uji-efin", "uji-sanksi"]
    assert [draft.article.id for draft in desk.hub.articles.drafts()] == ["uji-rancangan"]
