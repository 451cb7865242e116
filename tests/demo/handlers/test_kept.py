"""What is kept from a mode on a large photo has the photo's size, not that of the view."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from demo.handlers import everything, salient, text, text_search
from demo.handlers.pictures import mask_from_url
from demo.handlers.views import view
from esam_core.everything import decode_grid, preset, select, settings
from esam_core.geometry import mask_iou
from esam_core.models import MODELS
from esam_core.prompts import Prompt
from esam_core.text import PromptOrigin
from tests.support.fakes import payload_of

# The view has 1280 pixels, the stage 2048: the photo is as large as the view, between the two, or
# larger than both.
SIZES = [(1172, 1280), (1374, 1500), (2106, 2300)]
OPEN = {"predicted_iou": 0.3, "stability": 0.3, "nms": 0.7, "min_area": 0.05}


@pytest.fixture(autouse=True)
def few_points(monkeypatch):
    """Six points a side instead of 16: enough for some masks, and quick."""
    row = settings.PRESETS["fast"]
    monkeypatch.setitem(settings.PRESETS, "fast", replace(row, points_per_side=6))


@pytest.fixture(scope="module", params=SIZES, ids=lambda size: f"{size[1]}px")
def payload(request, mini_engine, bear_file):
    large = Image.open(bear_file).resize(request.param, Image.Resampling.BICUBIC)
    return payload_of(mini_engine, np.asarray(large))


def full_hw(engine, payload):
    return engine.photo(payload["token"]).image.shape[:2]


def mask_of(engine, payload, kept) -> np.ndarray:
    """The mask that goes into files; there is a second copy only where the picture is smaller."""
    image_hw = full_hw(engine, payload)
    assert ("full" in kept) == (max(image_hw) > 1280)
    mask = mask_from_url(kept.get("full", kept["png"]))
    assert mask.shape == image_hw
    return mask


def distinct_rows(mask: np.ndarray) -> int:
    return len(np.unique(mask, axis=0))


def regions(engine, payload, ids=None, **how):
    reply = everything.find(engine, payload, "fast", OPEN)
    shown = reply["layers"]["everything"]["shown"]
    ids = [row[0] for row in reply["rows"]] if ids is None else ids
    return everything.regions(
        engine, {"token": payload["token"], "shown": shown, "ids": ids, **how}
    )


def test_everything_keeps_the_masks_that_the_library_finds_in_the_photo(
    mini_engine, payload, monkeypatch
):
    # Crops and second looks see the pixels of the view, not of the photo: other masks.
    row = MODELS["mini"]
    once = replace(row, grid_thresholds=row.grid_thresholds._replace(looks=0, crop_n_layers=0))
    monkeypatch.setitem(MODELS, "mini", once)
    kept = regions(mini_engine, payload, keep=True)["masks"]
    photo = mini_engine.photo(payload["token"])
    segmenter, embedding, _ = mini_engine.embed(photo, "mini")
    lowest = replace(preset("fast", "mini"), pred_iou_thresh=0.3, stability_score_thresh=0.3)
    library = select(decode_grid(segmenter, embedding, lowest), lowest)
    assert len(kept) > 2
    for one in kept:
        mask = mask_of(mini_engine, payload, one)
        ious = mask_iou(mask[None], library.data)[0]
        best = int(ious.argmax())
        assert ious[best] >= 0.99
        rows = distinct_rows(library.data[best])
        assert abs(distinct_rows(mask) - rows) <= 0.05 * rows + 2
        assert one["predicted_iou"] == pytest.approx(library.predicted_iou[best], abs=0.01)
        assert one["stability_score"] == pytest.approx(library.stability_score[best], abs=0.02)
        assert one["model"] == "mini"


def test_a_hover_costs_no_full_mask(mini_engine, payload):
    [shown] = regions(mini_engine, payload, ids=[1])["masks"]
    assert set(shown) == {"id", "png"}


def test_salient_keeps_what_its_prompt_gives_on_the_photo(mini_engine, payload):
    reply = salient.keep(mini_engine, payload, {})
    photo = mini_engine.photo(payload["token"])
    found = salient.search(mini_engine, view(mini_engine, payload), salient.SalientSettings())
    down, across = np.array(photo.image.shape[:2]) / found.masks.image_hw
    for kept, prompt, choice in zip(
        reply["layers"]["kept"]["masks"], found.prompts, found.choices, strict=True
    ):
        points = tuple((x * across, y * down) for x, y in prompt.point_coords)
        answer = mini_engine.predict(photo, Prompt(points, prompt.point_labels), "mini")
        mask = mask_of(mini_engine, payload, kept)
        assert mask_iou(mask[None], answer.masks.data[choice][None])[0, 0] >= 0.99
        assert distinct_rows(mask) == distinct_rows(answer.masks.data[choice])
        assert kept["predicted_iou"] == pytest.approx(answer.masks.predicted_iou[choice], abs=0.01)


@pytest.mark.parametrize("origin", ["prompt", "grid"])
def test_text_keeps_masks_of_the_photo_with_their_scores(mini_engine, payload, origin, monkeypatch):
    monkeypatch.setattr(text_search, "SHOWN_PER_TEXT", 99)
    monkeypatch.setattr(text_search, "WORTH_SHOWING", 0)
    found = text_search.search(mini_engine, view(mini_engine, payload), ["a bear"], 0.0)
    made_by = {
        "prompt": lambda o: isinstance(o, PromptOrigin),
        "grid": lambda o: not isinstance(o, PromptOrigin),
    }[origin]
    hits = list(enumerate(found.hits))
    index, hit = next((i, h) for i, h in hits if made_by(found.proposals.origins[h.mask]))
    reply = text.keep(mini_engine, payload, "a bear", 0.0, picked=index)
    [kept] = reply["layers"]["kept"]["masks"]
    mask, seen = mask_of(mini_engine, payload, kept), found.masks.data[hit.mask]
    assert kept["score"] == hit.score and kept["name"] == "a bear"
    small = np.asarray(Image.fromarray(mask).resize(seen.shape[::-1])).astype(bool)
    assert mask_iou(small[None], seen[None])[0, 0] > 0.97
    if max(mask.shape) > 2048:  # an enlarged mask has no more rows than it had
        assert distinct_rows(mask) > distinct_rows(seen)


def test_masks_that_the_server_dropped_are_a_sentence(mini_engine, payload):
    regions(mini_engine, payload, ids=[1])
    mini_engine.results.put(payload["token"], None, 0)
    request = {"token": payload["token"], "shown": "x", "ids": [1], "keep": True}
    assert "Segment everything" in everything.regions(mini_engine, request)["error"]
