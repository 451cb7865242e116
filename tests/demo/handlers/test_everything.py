"""Everything in a photo, with the bundled model and a small grid."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from PIL import Image

from demo.handlers import everything, intervals, tasks
from demo.handlers.pictures import mask_from_url
from esam_core.everything import settings
from tests.support.fakes import payload_of

OPEN = {"predicted_iou": 0.2, "stability": 0.0, "nms": 0.7, "min_area": 0.05}
STRICT = {**OPEN, "predicted_iou": 0.99}


@pytest.fixture(autouse=True)
def few_points(monkeypatch):
    """Six points a side instead of 16: enough for some masks, and quick."""
    row = settings.PRESETS["fast"]
    few = replace(row, points_per_side=6, points_per_batch=4)
    monkeypatch.setitem(settings.PRESETS, "fast", few)


def searching(engine, payload, filters=OPEN, grid="fast"):
    """Make the task that the page runs."""

    def task(progress, cancel):
        return everything.find(
            engine,
            payload,
            grid,
            filters,
            progress=progress,
            cancel=cancel,
            partial=progress.partial,
        )

    return task


def find(engine, payload, *given, **more) -> list:
    """Run a search as the page does; returns its steps and its reply."""
    return list(
        tasks.run(engine, payload, "everything", searching(engine, payload, *given, **more))
    )


def layer_of(reply) -> dict:
    return reply["layers"]["everything"]


def test_points_are_counted_and_masks_come_largest_first(mini_engine, bear_file, monkeypatch):
    monkeypatch.setattr(tasks, "PROGRESS_SECONDS", 0)
    *counts, last = find(mini_engine, payload_of(mini_engine, bear_file))
    counts = [step for step in counts if isinstance(step, tasks.Step)]
    done = [step.done for step in counts]
    assert done[:10] == list(range(0, 37, 4)) and done == sorted(done)
    assert {step.total for step in counts} == {36 + 4 * 9 + 90}
    areas = [row[1] for row in last["rows"]]
    assert len(last["rows"]) > 1
    assert areas == sorted(areas, reverse=True)
    assert len(layer_of(last)["colours"]) == len(layer_of(last)["tips"]) == len(last["rows"])


def test_progress_is_reported_at_intervals(mini_engine, bear_file, monkeypatch):
    monkeypatch.setattr(tasks, "PROGRESS_SECONDS", 3600)
    *counts, last = find(mini_engine, payload_of(mini_engine, bear_file))
    counts = [step for step in counts if isinstance(step, tasks.Step)]
    assert counts == [(0, 36 + 4 * 9 + 90)] and len(last["rows"]) > 1


def test_filters_choose_among_kept_candidates_without_decoding(mini_engine, bear_file, monkeypatch):
    payload = payload_of(mini_engine, bear_file)
    before = find(mini_engine, payload)[-1]
    monkeypatch.setattr(everything, "search", None)
    assert everything.change(mini_engine, payload, STRICT)["rows"] == []
    again = everything.change(mini_engine, payload, OPEN)
    assert again["rows"] == before["rows"]
    assert layer_of(again)["colours"] == layer_of(before)["colours"]
    assert find(mini_engine, payload)[-1]["rows"] == before["rows"]


def test_masks_are_given_whole_and_only_while_they_are_on_show(mini_engine, bear_file):
    payload = payload_of(mini_engine, bear_file)
    last = find(mini_engine, payload)[-1]
    request = {"token": payload["token"], "shown": layer_of(last)["shown"], "ids": [1]}
    [region] = everything.regions(mini_engine, request)["masks"]
    mask = mask_from_url(region["png"])
    assert round(100 * mask.mean(), 2) == pytest.approx(last["rows"][0][1], abs=0.02)
    for wrong in ({"ids": [9999]}, {"ids": []}, {"shown": "earlier"}, {"ids": ["<b>"]}):
        assert "error" in everything.regions(mini_engine, request | wrong)


def test_a_search_stops_when_it_is_cancelled_and_nothing_is_kept(mini_engine, bear_file):
    payload = payload_of(mini_engine, bear_file)
    steps = tasks.run(mini_engine, payload, "everything", searching(mini_engine, payload))
    assert next(steps).done == 0
    tasks.stop(mini_engine, payload, "everything")
    assert list(steps)[-1]["code"] == "cancelled"
    assert mini_engine.results.get(payload["token"]) is None


def test_masks_are_shown_while_the_search_goes_on(mini_engine, bear_file, monkeypatch):
    monkeypatch.setattr(intervals, "LEAST_SECONDS", 0)
    monkeypatch.setattr(intervals, "SHARE", 1e9)
    *events, last = find(mini_engine, payload_of(mini_engine, bear_file))
    partial = [layer_of(e.reply) for e in events if isinstance(e, tasks.Partial)]
    assert len(partial) > 5 and all(layer["partial"] for layer in partial)
    assert max(len(layer["colours"]) for layer in partial) > 1
    assert all("shown" not in layer and len(layer["png"]) < 60_000 for layer in partial)
    assert "partial" not in layer_of(last)


def test_previews_take_a_small_share_of_the_time(monkeypatch):
    now = 0.0
    monkeypatch.setattr(intervals, "time", SimpleNamespace(monotonic=lambda: now))
    drawn = []

    def draw(candidates):
        nonlocal now
        drawn.append(now)
        now += 0.6  # a slow machine

    shows = intervals.AtIntervals(draw)
    while now < 100:
        now += 0.05
        shows(lambda: "candidates")
    assert 3 <= len(drawn) <= 6
    assert shows.newest() == "candidates"


def test_a_cancelled_search_keeps_what_it_found_and_starts_anew(
    mini_engine, bear_file, monkeypatch
):
    monkeypatch.setattr(tasks, "PROGRESS_SECONDS", 0)
    payload = payload_of(mini_engine, bear_file)
    steps = tasks.run(mini_engine, payload, "everything", searching(mini_engine, payload))
    assert next(step for step in steps if isinstance(step, tasks.Step) and step.done >= 36)
    tasks.stop(mini_engine, payload, "everything")
    last = list(steps)[-1]
    assert last["code"] == "cancelled" and "what was found stays" in last["message"]
    request = {"token": payload["token"], "shown": layer_of(last)["shown"], "ids": [1]}
    [kept] = everything.regions(mini_engine, {**request, "keep": True})["masks"]
    assert kept["model"] == "mini"
    assert everything.change(mini_engine, payload, STRICT)["rows"] == []
    assert find(mini_engine, payload)[-1]["rows"] != last["rows"]


def test_a_token_reaches_only_its_own_masks(mini_engine, bear_file, dog_file):
    one, two = payload_of(mini_engine, bear_file), payload_of(mini_engine, dog_file)
    find(mini_engine, one)
    assert everything.change(mini_engine, two, OPEN) == {}
    assert everything.change(mini_engine, {"token": "guessed"}, OPEN)["code"] == "photo_gone"
    assert "error" in find(mini_engine, {"token": None})[-1]


@pytest.mark.parametrize("size", [(16, 16), (2000, 125)])
def test_photos_of_odd_shapes_give_masks(mini_engine, size):
    photo = mini_engine.open_photo(Image.new("RGB", size, (128, 128, 128)))
    last = find(mini_engine, {"token": photo.token, "model": "mini"}, STRICT)[-1]
    assert last["rows"] == [] and len(last["found"]) == 0


def test_an_unknown_grid_is_refused(mini_engine, bear_file):
    [last] = find(mini_engine, payload_of(mini_engine, bear_file), grid="best")
    assert "fast, quality" in last["error"]


def test_a_caller_in_python_gets_the_masks_in_the_size_it_asks_for(mini_engine, bear_file):
    large = Image.open(bear_file).resize((1758, 1920))
    payload = payload_of(mini_engine, large)
    reply = everything.find(mini_engine, payload, "fast", OPEN, max_side=None, points_per_side=3)
    assert reply["found"].image_hw == (1920, 1758)
    assert len(reply["found"]) == len(reply["rows"])
    reply = everything.find(mini_engine, payload, "fast", OPEN, points_per_side=3)
    assert max(reply["found"].image_hw) == 1280
