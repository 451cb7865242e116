"""Simulated visitors over HTTP: the numbers add up, and wrong replies are counted."""

import contextlib
import json
import os
import sys
import threading

import numpy as np
import pytest

from demo.engine import Engine
from demo.handlers.pictures import mask_url
from demo.loadtest.__main__ import main
from demo.loadtest.client import PageClient, PageError, opaque_png
from demo.loadtest.report import percentile
from demo.loadtest.server import memory_mb
from demo.loadtest.visitors import VisitorPhoto, VisitStats, click, inner_pixel, make_photo, visit
from tests.conftest import serve
from tests.support.fakes import FakeCatalogue

pytestmark = pytest.mark.slow


def test_visitors_get_answers_about_their_own_photos(fake_server, capsys, tmp_path):
    out = tmp_path / "rounds.json"
    rounds = ["--visitors", "1", "3", "--clicks", "3", "--pause", "0"]
    assert main(["--url", fake_server, *rounds, "--json", str(out)]) == 0
    one, three = json.loads(out.read_text())
    assert (one["clicks"], three["clicks"]) == (3, 9)
    assert one["errors"] == three["errors"] == three["wrong_photo"] == three["click_outside"] == 0
    assert three["click_p50_ms"] <= three["click_p95_ms"]
    assert "Fake on cpu, fp32" in capsys.readouterr().out


def test_forgotten_photos_are_sent_again_by_all_who_need_them():
    engine = Engine(FakeCatalogue())
    page, url = serve(engine)
    answer, calls = engine.models.segmenter().predict, []

    def forgetful(*args, **kwargs):
        calls.append(args)
        if len(calls) in (2, 4):  # twice, which is less often than a page tries again
            engine.photos.clear()
        return answer(*args, **kwargs)

    engine.models.segmenter().predict = forgetful
    try:
        photos = [make_photo(number, 3) for number in range(3)]
        stats = visit(url, photos, pause=0, seconds=60)
    finally:
        page.close()
    assert not stats.errors
    assert len(stats.click_ms) == 9
    assert stats.sent_again > 0
    assert stats.wrong_photo == stats.click_outside == 0


def test_a_full_queue_is_an_error_with_a_sentence():
    engine = Engine(FakeCatalogue())
    page, url = serve(engine)
    page._queue.max_size = 1
    release, held = threading.Event(), threading.Event()
    try:
        engine.models._ready.wait(10)
        client = PageClient(url)
        token = client.ask("example", {"id": "000000000285.jpg"})["token"]
        segmenter = engine.models.segmenter()
        segmenter.embed = lambda image: (held.set(), release.wait(30), 1 / 0)
        others = [PageClient(url) for _ in range(4)]
        # Daemon threads, so that a waiting visitor does not keep the tests from ending.
        threads = [threading.Thread(target=_ask, args=(c, token), daemon=True) for c in others]
        for thread in threads:
            thread.start()
        assert held.wait(10)
        with pytest.raises(PageError, match="full"):
            for _ in range(20):
                client.join_queue("embed", [], {"token": token})
    finally:
        release.set()
        page.close()


def _ask(client, token):
    with contextlib.suppress(PageError):
        client.ask("embed", {"token": token})


def test_every_visitor_has_a_photo_of_its_own_and_clicks_on_objects():
    photos = [make_photo(number, 4) for number in (0, 1, 2)]
    assert len({photo.size_wh for photo in photos}) == 3
    for photo in photos:
        assert all(0 <= x < photo.size_wh[0] and 0 <= y < photo.size_wh[1] for x, y in photo.clicks)


def test_a_mask_of_another_photo_and_a_mask_beside_the_click_are_counted():
    photo, mask = VisitorPhoto(b"", (40, 30), ((5, 5),)), np.zeros((30, 40), bool)

    def checked(reply):
        client = type("Client", (), {"ask": lambda self, kind, payload: reply})()
        stats = VisitStats()
        click(client, photo, "token", (5, 5), stats)
        return stats.wrong_photo, stats.click_outside

    assert checked({"candidates": [{"png": mask_url(mask)}]}) == (0, 1)
    mask[5, 5] = True
    assert checked({"candidates": [{"png": mask_url(mask)}]}) == (0, 0)
    assert checked({"candidates": [{"png": mask_url(mask.T)}]}) == (1, 0)


def test_clicks_stay_away_from_the_rim_where_an_object_is_large_enough():
    rng = np.random.default_rng(0)
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = True
    positions = np.array([inner_pixel(mask, rng) for _ in range(50)])
    assert positions.min() >= 18 and positions.max() < 42
    mask[:] = False
    mask[3, 4] = True
    assert inner_pixel(mask, rng) == (4, 3)


def test_memory_is_that_of_the_process(monkeypatch):
    assert memory_mb(os.getpid()) > 10
    assert memory_mb(None) is None
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert memory_mb(os.getpid()) is None


def test_a_missing_psutil_is_reported_and_the_rest_is_measured(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "psutil", None)
    assert main(["--", "--port", "0"]) == 2
    error = capsys.readouterr().err
    assert "pip install psutil" in error
    assert "the page ended before it was up: error: --port 0 is no port" in error


def test_a_mask_is_read_as_the_page_was_sent_it():
    mask = np.zeros((30, 40), bool)
    mask[3:9, 20:30] = True
    size, read = opaque_png(mask_url(mask))
    assert size == (40, 30)
    assert (read == mask).all()


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, None), ([3.0], 95, 3.0), ([4, 1, 3, 2], 50, 3), (list(range(100)), 95, 95)],
)
def test_percentiles(values, percent, expected):
    assert percentile(values, percent) == expected


def test_a_server_that_is_not_there_is_one_line(capsys):
    assert main(["--url", "http://127.0.0.1:9", "--visitors", "1"]) == 2
    assert "was not answered" in capsys.readouterr().err


def test_too_many_visitors_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--visitors", "1000"])
    assert "1 to 256" in capsys.readouterr().err
