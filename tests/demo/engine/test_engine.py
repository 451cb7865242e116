"""The engine caches, drops and separates photos, embeddings and models."""

import threading
import time

import numpy as np
import pytest

from demo.engine import Engine
from demo.engine.photos import PhotoGone
from esam_core.errors import EsamError, UnknownModel
from esam_core.prompts import Prompt
from tests.support.fakes import FakeCatalogue


def grey(value, size=(60, 80)):
    return np.full((*size, 3), value, np.uint8)


def test_a_photo_is_embedded_once_for_many_clicks(engine):
    photo = engine.open_photo(grey(1))
    for x in (10, 20, 30):
        engine.predict(photo, Prompt.point(x, 20))
    assert engine.models.segmenter().embedded == 1


def test_equal_photos_share_the_embedding_but_not_the_token(engine):
    one, two = engine.open_photo(grey(1)), engine.open_photo(grey(1))
    engine.embed(one)
    engine.embed(two)
    assert one.token != two.token
    assert engine.models.segmenter().embedded == 1


def test_a_dropped_photo_raises_an_error(catalogue):
    engine = Engine(catalogue, photo_bytes=2 * grey(0).nbytes)
    engine.models._start()
    first, second = engine.open_photo(grey(1)), engine.open_photo(grey(2))
    engine.photo(first.token)  # used again, so the second is now the oldest
    engine.open_photo(grey(3))
    assert engine.photo(first.token) is first
    with pytest.raises(PhotoGone, match="open it again"):
        engine.photo(second.token)


def test_a_forgotten_embedding_is_made_again(catalogue):
    engine = Engine(catalogue, embeddings=1)
    engine.models._start()
    one, two = engine.open_photo(grey(1)), engine.open_photo(grey(2))
    for photo in (one, two, one):
        engine.predict(photo, Prompt.point(5, 5))
    assert engine.models.segmenter().embedded == 3


def test_one_photo_larger_than_the_room_is_still_kept(catalogue):
    engine = Engine(catalogue, photo_bytes=10)
    photo = engine.open_photo(grey(1))
    assert engine.photo(photo.token) is photo


def test_two_visitors_at_once_get_their_own_answers(engine):
    photos = [engine.open_photo(grey(i, (60 + i, 80))) for i in range(6)]
    wrong = []

    def visit(photo, x):
        for _ in range(10):
            # The fake refuses two predictions at once, so this also proves the lock.
            masks = engine.predict(photo, Prompt.point(x, 20)).masks
            if masks.image_hw != photo.image.shape[:2] or not masks.data[0, 20, x]:
                wrong.append(photo)

    threads = [threading.Thread(target=visit, args=(p, 10 * i)) for i, p in enumerate(photos)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_one_photo_of_many_visitors_is_embedded_once_under_separate_tokens(engine):
    photos = [engine.open_photo(grey(1)) for _ in range(8)]
    threads = [threading.Thread(target=engine.embed, args=(photo,)) for photo in photos]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.models.segmenter().embedded == 1
    assert len({photo.token for photo in photos}) == 8


def test_a_click_does_not_wait_for_the_photos_of_others(engine):
    mine, order = engine.open_photo(grey(1)), []
    engine.embed(mine)
    segmenter = engine.models.segmenter()
    read, answer = segmenter.embed, segmenter.predict
    segmenter.embed = lambda image: (order.append("photo"), read(image))[1]
    segmenter.predict = lambda *a, **k: (order.append("click"), answer(*a, **k))[1]
    calls = [(engine.embed, engine.open_photo(grey(i))) for i in (2, 3, 4)]
    calls.append((engine.predict, mine, Prompt.point(5, 5)))
    threads = [threading.Thread(target=call, args=args) for call, *args in calls]
    with engine.scheduler.turn():
        for number, thread in enumerate(threads):
            thread.start()
            while engine.scheduler.waiting <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == ["click", "photo", "photo", "photo"]


def test_two_hundred_photos_stay_within_the_limits(catalogue):
    engine = Engine(catalogue, photo_bytes=10 * grey(0).nbytes, embeddings=4)
    engine.models._start()
    for i in range(200):
        engine.embed(engine.open_photo(grey(i)))
    assert engine.photos.held == (10, 4)


def test_the_model_loads_when_the_first_page_asks(catalogue):
    engine = Engine(catalogue)
    engine.models.start(grace=60)
    assert engine.models.state == "loading"
    engine.models.load_now()
    assert engine.models._ready.wait(5)
    assert engine.models.state == "ready"


def test_a_model_is_loaded_once_by_many_visitors(engine, catalogue):
    threads = [threading.Thread(target=engine.models.segmenter, args=("plain",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [made.name for made in catalogue.made] == ["fake", "plain"]


@pytest.mark.parametrize("name", ["best", "best@fp32", "fake@bf16"])
def test_an_unknown_model_is_refused_by_name(engine, name):
    with pytest.raises(UnknownModel, match=f"'{name}'"):
        engine.models.segmenter(name)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_model_is_loaded_again_for_fp32_only_where_it_is_not_fp32(precision):
    engine = Engine(FakeCatalogue(precision=precision))
    engine.models.start()
    usual, exact = engine.models.segmenter("fake"), engine.models.segmenter("fake@fp32")
    assert (usual.precision, exact.precision) == (precision, "fp32")
    assert (usual is exact) == (precision == "fp32")
    photo = engine.open_photo(np.zeros((40, 50, 3), np.uint8))
    for model in ("fake", "fake@fp32") * 2:
        engine.embed(photo, model)
    made = engine.models.catalogue.made
    assert [each.embedded for each in made] == [1] * len(made)


class Compiling(FakeCatalogue):
    """Compiles only after ``go`` was set, and where there is a compiler."""

    compiled = True

    def __init__(self, compiler: bool):
        super().__init__()
        self.compiler, self.go = compiler, threading.Event()

    def load(self, name, precision=None, *, compiled=False):
        if compiled:
            self.go.wait(10)
            if not self.compiler:
                raise RuntimeError("no compiler")
        return super().load(name, precision)


@pytest.mark.parametrize("compiler", [True, False])
def test_the_model_runs_while_it_is_compiled_and_is_replaced_after(compiler):
    catalogue = Compiling(compiler)
    engine = Engine(catalogue)
    engine.models.start()
    first = engine.models.segmenter()
    photo = engine.open_photo(np.zeros((40, 50, 3), np.uint8))
    engine.predict(photo, Prompt.point(20, 20))
    catalogue.go.set()
    for thread in threading.enumerate():
        if thread.name == "prepare-fake":
            thread.join(10)
    assert (engine.models.segmenter() is first) != compiler
    assert engine.predict(photo, Prompt.point(20, 20)).segmenter is engine.models.segmenter()


def test_the_page_lives_on_when_the_model_cannot_be_loaded():
    def load(name):
        raise EsamError("no weights here")

    engine = Engine(FakeCatalogue(load))
    engine.models.start()
    engine.models._ready.wait(5)
    assert engine.models.state == "error"
    assert str(engine.models.error) == "no weights here"


def test_a_download_ends_in_a_present_model(engine):
    engine.models.download("absent")
    for thread in threading.enumerate():
        if thread.name == "download-absent":
            thread.join(10)
    assert engine.models.downloads["absent"].error == ""
    assert next(entry for entry in engine.models.entries if entry.name == "absent").present
