# SPDX-License-Identifier: GPL-3.0-or-later
"""The office's models: taken in whole or not at all, switched and switched back, taken over by running workers."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
from pathlib import Path

import pytest

from asr.claims import try_claim
from asr.errors import ModelError
from asr.modelstore import BUILTIN, CURRENT, ModelNote, ModelStore, copy_model
from asr.pool import DecodePool
from pipeline.clock import ManualClock
from pipeline.settings import PROJECT_DIR, Settings
from tests.asr.calls import FakeSoftphone, completed, spoken
from tests.asr.fakes import BeepModel
from tests.asr.workers import dialogue, grow, library, site, until

MODEL = PROJECT_DIR / "models/asr_id/model"
QUESTION = "aktivasi-akun-coretax.tanya"
pytestmark = pytest.mark.integration


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def store(settings: Settings) -> ModelStore:
    return ModelStore.of(settings)


def shipped(folder: Path) -> None:
    copy_model(MODEL, folder)


def names(store: ModelStore) -> list[str]:
    return [model.name for model in store.models()]


def test_without_any_other_model_the_shipped_one_is_in_use(store: ModelStore, settings: Settings) -> None:
    [model] = store.models()
    assert (model.name, model.path, model.in_use) == (BUILTIN, MODEL, True)
    assert store.current() == model
    assert settings.asr_model == MODEL
    assert not store.folder.exists()


def test_a_model_is_added_chosen_and_left_again(store: ModelStore, settings: Settings) -> None:
    added = store.add("kantor-a", ModelNote("imported", detail="dari pusat"), shipped)
    assert not added.in_use
    assert added.note.created
    assert settings.asr_model == MODEL
    assert store.use("kantor-a").in_use
    assert settings.asr_model == store.folder / "kantor-a"
    assert store.current().name == "kantor-a"
    assert [model.in_use for model in store.models()] == [False, True]
    second = store.add("kantor-b", ModelNote("language", base="kantor-a"), shipped)
    assert store.use("kantor-b").path == second.path
    store.use("kantor-a")
    assert store.use(BUILTIN).in_use
    assert settings.asr_model == MODEL
    assert names(store) == [BUILTIN, "kantor-a", "kantor-b"]


@pytest.mark.parametrize("name", ["", "Kantor", "a/b", "..", "-x", "bawaan", "current", "x" * 65])
def test_a_name_that_cannot_be_a_folder_is_refused(store: ModelStore, name: str) -> None:
    with pytest.raises(ModelError, match="nama model"):
        store.add(name, ModelNote("imported"), shipped)
    assert names(store) == [BUILTIN]


def test_nothing_is_left_of_a_model_that_does_not_work(store: ModelStore) -> None:
    def broken(folder: Path) -> None:
        shipped(folder)
        (folder / "graph/Gr.fst").write_bytes(bytes(5000))

    def interrupted(folder: Path) -> None:
        shipped(folder)
        raise KeyboardInterrupt

    with pytest.raises(ModelError):
        store.add("rusak", ModelNote("imported"), broken)
    with pytest.raises(KeyboardInterrupt):
        store.add("putus", ModelNote("imported"), interrupted)
    assert [path.name for path in store.folder.iterdir()] == [".lock"]


def test_a_name_is_given_once_and_unknown_names_are_told(store: ModelStore) -> None:
    store.add("kantor", ModelNote("imported"), shipped)
    with pytest.raises(ModelError, match="Sudah ada"):
        store.add("kantor", ModelNote("imported"), shipped)
    with pytest.raises(ModelError, match=r"pusat.*bawaan, kantor"):
        store.use("pusat")


def test_a_damaged_model_is_not_chosen(store: ModelStore, settings: Settings) -> None:
    model = store.add("kantor", ModelNote("imported"), shipped)
    (model.path / "am/final.mdl").write_bytes(b"")
    with pytest.raises(ModelError, match=r"final\.mdl"):
        store.use("kantor")
    assert settings.asr_model == MODEL


def test_what_is_needed_is_not_removed(store: ModelStore) -> None:
    store.add("dasar", ModelNote("imported"), shipped)
    store.add("baru", ModelNote("language", base="dasar"), shipped)
    store.use("baru")
    for name in (BUILTIN, "dasar", "baru"):
        with pytest.raises(ModelError, match="masih dipakai"):
            store.remove(name)
    store.use(BUILTIN)
    store.remove("baru")
    store.remove("dasar")
    assert names(store) == [BUILTIN]


def test_two_commands_do_not_change_the_store_at_once_and_left_overs_go(store: ModelStore) -> None:
    store.folder.mkdir(parents=True)
    (store.folder / ".new-killed").mkdir()
    with (store.folder / ".lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(ModelError, match="Perintah lain"):
            store.add("kantor", ModelNote("imported"), shipped)
    store.add("kantor", ModelNote("imported"), shipped)
    assert not (store.folder / ".new-killed").exists()


def test_a_chosen_model_that_is_gone_is_named(store: ModelStore, settings: Settings) -> None:
    model = store.add("kantor", ModelNote("imported"), shipped)
    store.use("kantor")
    shutil.rmtree(model.path)
    with pytest.raises(ModelError, match="kantor"):
        store.current()
    assert settings.asr_model == model.path
    assert store.use(BUILTIN).in_use


def test_a_call_ends_with_the_model_that_it_began_with(tmp_path: Path) -> None:
    old, new = BeepModel(), BeepModel()
    pool = DecodePool(old, lambda _event: None, ManualClock(), block_ms=100, poll_ms=20)
    for number, model in enumerate((old, new)):
        phone = FakeSoftphone(tmp_path, number)
        phone.start()
        claim = try_claim(phone.folder)
        assert claim is not None
        pool.take(claim)
        pool.turn()
        assert len(model.engines) == 1
        pool.use(new)
        phone.bridge(100)
        pool.turn()
    assert (len(old.engines), len(new.engines)) == (2, 2)
    pool.stop()
    pool.run()


async def test_a_running_worker_takes_over_between_calls(tmp_path: Path) -> None:
    """The call that is up ends with its model; the next one is decoded with the chosen one; a broken one is refused."""
    line = library()[QUESTION]
    legs = dialogue(line, [])
    store = ModelStore(tmp_path / "models/asr", MODEL)
    deaf = store.folder / "deaf"
    async with site(tmp_path) as here:
        worker = here.start("asr.1")
        await here.ready("asr.1")

        async def model() -> str:
            return str((await here.bus.request("asr.1", "status"))["model"])

        async def has(path: Path) -> None:
            async with asyncio.timeout(30):
                while await model() != str(path):
                    await asyncio.sleep(0.1)

        during, after = FakeSoftphone(here.spool, 1), FakeSoftphone(here.spool, 2)
        here.bus.publish(during.start())
        grow(during, legs, end=16000)
        await until(lambda: (during.folder.path / ".asr.lock").exists())
        new = await asyncio.to_thread(store.add, "baru", ModelNote("imported"), shipped)
        await asyncio.to_thread(store.use, "baru")
        await has(new.path)
        here.bus.publish(after.start())
        for phone, begin in ((during, 16000), (after, 0)):
            grow(phone, legs, begin=begin)
            phone.hang_up()
        await until(lambda: all(set(completed(phone.folder)) == {"caller", "agent"} for phone in (during, after)))
        assert spoken(during.folder, "caller") == spoken(after.folder, "caller") != ""
        assert {item.model for item in completed(during.folder).values()} == {str(MODEL)}
        assert {item.model for item in completed(after.folder).values()} == {str(new.path)}

        deaf.mkdir()
        (store.folder / "next").symlink_to("deaf")
        (store.folder / "next").replace(store.folder / CURRENT)
        await until(lambda: "chosen model refused" in here.log("asr.1"))
        assert await model() == str(new.path)
        (store.folder / CURRENT).unlink()
        await has(MODEL)
        assert worker.poll() is None
        assert here.log("asr.1").count("chosen model refused") == 1
