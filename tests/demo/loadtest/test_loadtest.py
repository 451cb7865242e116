"""Simulated visitors over HTTP: the numbers add up, and a wrong answer would be seen."""

import contextlib
import json
import threading

import numpy as np
import pytest

from demo.engine import Engine
from demo.handlers.pictures import mask_url
from demo.loadtest import run as loadtest
from demo.loadtest.client import PageClient, PageError, opaque_png
from tests.conftest import serve
from tests.support.fakes import FakeCatalogue


def test_visitors_get_answers_about_their_own_photos(fake_server, capsys, tmp_path):
    out = tmp_path / "rounds.json"
    rounds = ["--visitors", "1", "3", "--clicks", "3", "--pause", "0"]
    assert loadtest.main(["--url", fake_server, *rounds, "--json", str(out)]) == 0
    one, three = json.loads(out.read_text())
    assert (one["clicks"], three["clicks"]) == (3, 9)
    assert one["errors"] == three["errors"] == three["strangers"] == three["beside"] == 0
    assert three["click_p50_ms"] <= three["click_p95_ms"]
    assert "Fake on cpu, fp32" in capsys.readouterr().out


def test_forgotten_photos_are_sent_again_by_all_who_need_them():
    engine = Engine(FakeCatalogue())
    page, url = serve(engine)
    answer, calls = engine.models.segmenter().predict, []

    def forgetful(*args, **kwargs):
        calls.append(args)
        if len(calls) in (2, 4):  # twice: nobody meets that more often than a page tries again
            engine.photos.clear()
        return answer(*args, **kwargs)

    engine.models.segmenter().predict = forgetful
    try:
        sights = [loadtest.make_sight(number, 3) for number in range(3)]
        tally = loadtest.visit(url, sights, pause=0, seconds=60)
    finally:
        page.close()
    assert not tally.errors
    assert len(tally.click_ms) == 9
    assert tally.sent_again > 0
    assert tally.strangers == tally.beside == 0


def test_a_full_line_is_an_error_with_a_sentence():
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
        # Daemons: one that still waits for its answer must not keep the tests from ending.
        threads = [threading.Thread(target=_ask, args=(c, token), daemon=True) for c in others]
        for thread in threads:
            thread.start()
        assert held.wait(10)
        with pytest.raises(PageError, match="full"):
            for _ in range(20):
                _join(client, token)
    finally:
        release.set()
        page.close()


def _ask(client, token):
    with contextlib.suppress(PageError):
        client.ask("embed", {"token": token})


def _join(client, token):
    """Stand in line without waiting for the answer."""
    body = {
        "data": [],
        "event_data": {"token": token},
        "fn_index": client._numbers["embed"],
        "session_hash": client.session,
    }
    client._call("POST", "/gradio_api/queue/join", json.dumps(body).encode(), "application/json")


def test_every_visitor_has_a_photo_of_its_own_and_clicks_on_objects():
    sights = [loadtest.make_sight(number, 4) for number in (0, 1, 2)]
    assert len({sight.size_wh for sight in sights}) == 3
    for sight in sights:
        assert all(0 <= x < sight.size_wh[0] and 0 <= y < sight.size_wh[1] for x, y in sight.clicks)


def test_a_mask_of_another_photo_and_a_mask_beside_the_click_are_seen():
    sight, mask = loadtest.Sight(b"", (40, 30), ((5, 5),)), np.zeros((30, 40), bool)

    def click(answer):
        client = type("Client", (), {"ask": lambda self, kind, payload: answer})()
        tally = loadtest.Tally()
        loadtest._click(client, sight, "token", (5, 5), tally)
        return tally.strangers, tally.beside

    assert click({"candidates": [{"png": mask_url(mask)}]}) == (0, 1)
    mask[5, 5] = True
    assert click({"candidates": [{"png": mask_url(mask)}]}) == (0, 0)
    assert click({"candidates": [{"png": mask_url(mask.T)}]}) == (1, 0)


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
    assert loadtest.percentile(values, percent) == expected


def test_a_server_that_is_not_there_is_one_line(capsys):
    assert loadtest.main(["--url", "http://127.0.0.1:9", "--visitors", "1"]) == 2
    assert "was not answered" in capsys.readouterr().err


def test_too_many_visitors_are_refused(capsys):
    with pytest.raises(SystemExit):
        loadtest.main(["--visitors", "1000"])
    assert "1 to 256" in capsys.readouterr().err
