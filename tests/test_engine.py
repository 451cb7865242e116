"""What the engine keeps, forgets, and keeps apart."""

import threading
import time

import numpy as np
import pytest

from demo.engine import Engine
from demo.photos import PhotoGone
from esam_core.errors import EsamError, UnknownModel
from esam_core.prompts import Prompt
from tests.fakes import FakeCatalogue


def grey(value, size=(60, 80)):
    return np.full((*size, 3), value, np.uint8)


def test_a_photo_is_read_once_for_many_clicks(engine):
    photo = engine.open_photo(grey(1))
    for x in (10, 20, 30):
        engine.predict(photo, Prompt.point(x, 20))
    assert engine.segmenter().embedded == 1


def test_equal_photos_share_the_reading_but_not_the_token(engine):
    one, two = engine.open_photo(grey(1)), engine.open_photo(grey(1))
    engine.embed(one)
    engine.embed(two)
    assert one.token != two.token
    assert engine.segmenter().embedded == 1


def test_the_oldest_photo_is_forgotten_aloud(catalogue):
    engine = Engine(catalogue, photo_bytes=2 * grey(0).nbytes)
    engine._start()
    first, second = engine.open_photo(grey(1)), engine.open_photo(grey(2))
    engine.photo(first.token)  # used again, so the second is now the oldest
    engine.open_photo(grey(3))
    assert engine.photo(first.token) is first
    with pytest.raises(PhotoGone, match="Choose it again"):
        engine.photo(second.token)


def test_a_forgotten_embedding_is_made_again(catalogue):
    engine = Engine(catalogue, embeddings=1)
    engine._start()
    one, two = engine.open_photo(grey(1)), engine.open_photo(grey(2))
    for photo in (one, two, one):
        engine.predict(photo, Prompt.point(5, 5))
    assert engine.segmenter().embedded == 3


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


def test_one_photo_of_many_visitors_is_read_once_under_tokens_of_their_own(engine):
    photos = [engine.open_photo(grey(1)) for _ in range(8)]
    threads = [threading.Thread(target=engine.embed, args=(photo,)) for photo in photos]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert engine.segmenter().embedded == 1
    assert len({photo.token for photo in photos}) == 8


def test_a_click_does_not_wait_for_the_photos_of_others(engine):
    mine, order = engine.open_photo(grey(1)), []
    engine.embed(mine)
    segmenter = engine.segmenter()
    read, answer = segmenter.embed, segmenter.predict
    segmenter.embed = lambda image: (order.append("photo"), read(image))[1]
    segmenter.predict = lambda *a, **k: (order.append("click"), answer(*a, **k))[1]
    calls = [(engine.embed, engine.open_photo(grey(i))) for i in (2, 3, 4)]
    calls.append((engine.predict, mine, Prompt.point(5, 5)))
    threads = [threading.Thread(target=call, args=args) for call, *args in calls]
    with engine.turn("click"):
        for number, thread in enumerate(threads):
            thread.start()
            while engine.turns.waiting <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert order == ["click", "photo", "photo", "photo"]


def test_two_hundred_photos_leave_no_more_behind_than_there_is_room_for(catalogue):
    engine = Engine(catalogue, photo_bytes=10 * grey(0).nbytes, embeddings=4)
    engine._start()
    for i in range(200):
        engine.embed(engine.open_photo(grey(i)))
    assert engine.photos.held == (10, 4)


def test_the_model_loads_when_the_first_page_asks(catalogue):
    engine = Engine(catalogue)
    engine.start(grace=60)
    assert engine.state == "loading"
    engine.hurry()
    assert engine._ready.wait(5)
    assert engine.state == "ready"


def test_a_model_is_loaded_once_by_many_visitors(engine, catalogue):
    threads = [threading.Thread(target=engine.segmenter, args=("plain",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [made.name for made in catalogue.made] == ["fake", "plain"]


def test_an_unknown_model_is_refused_by_name(engine):
    with pytest.raises(UnknownModel, match="'best'"):
        engine.segmenter("best")


def test_the_page_lives_on_when_the_model_cannot_be_loaded():
    def load(name):
        raise EsamError("no weights here")

    engine = Engine(FakeCatalogue(load))
    engine.start()
    engine._ready.wait(5)
    assert engine.state == "error"
    assert engine.trouble == "no weights here"


def test_a_download_ends_in_a_present_model(engine):
    engine.download("absent")
    for thread in threading.enumerate():
        if thread.name == "download-absent":
            thread.join(10)
    assert engine.downloads["absent"].trouble == ""
    assert next(row for row in engine.rows if row.name == "absent").present
