"""SAM on the page, where it is here: its menus, all modes, corrections, and what programs ask."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from demo.engine import Engine
from demo.engine.catalogue import CoreCatalogue
from demo.handlers import compare, everything, models, points, salient, service, text
from esam_core import Prompt
from esam_core.everything import settings
from esam_core.export.segmentations import decode_segmentation
from tests.support.payloads import opaque, prompt_payload
from tests.support.small import save_tiny_sam

pytest.importorskip("transformers")

NAMES = ["mini", "sam_vit_b"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    save_tiny_sam(folder / "sam_vit_b", sure=True)
    return folder


@pytest.fixture(autouse=True)
def places(monkeypatch, cache):
    monkeypatch.delenv("ESAM_WEIGHTS", raising=False)
    monkeypatch.setenv("ESAM_CACHE", str(cache))
    row = settings.PRESETS["fast"]
    monkeypatch.setitem(settings.PRESETS, "fast", replace(row, points_per_side=4))


@pytest.fixture(scope="module")
def loaded(cache):
    """The page's engine where SAM ViT-B is in the cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ESAM_WEIGHTS", raising=False)
        patch.setenv("ESAM_CACHE", str(cache))
        engine = Engine(CoreCatalogue(device="cpu", precision="fp32"))
        engine.models._start()
        return engine


@pytest.fixture(scope="module")
def bear_photo(loaded, bear_file):
    return loaded.open_photo(bear_file)


@pytest.fixture
def asked(bear_photo):
    return {"token": bear_photo.token, "model": "sam_vit_b"}


def listed(engine):
    return {row["name"]: row for row in models.status(engine, {})["models"]}


def test_the_menus_list_it_after_the_default(loaded):
    rows = listed(loaded)
    assert loaded.models.default == "mini" and list(rows)[:2] == NAMES
    assert "sam_vit_h" not in rows, "what is not here is named by the command weights"
    sam = rows["sam_vit_b"]
    assert sam["present"] and sam["title"] == "SAM ViT-B" and sam["understands_background"]
    assert sam["about"] == "94 million parameters, Apache-2.0"
    keys = [row["key"] for row in compare.listed(loaded, {})["choices"] if row["present"]]
    assert "sam_vit_b/second_look" in keys
    told = service.models(loaded, {})["info"]["models"]
    assert [row["name"] for row in told if row["present"]] == NAMES


def test_without_transformers_or_weights_the_page_is_as_before(monkeypatch, tmp_path):
    def names(**options):
        return [entry.name for entry in CoreCatalogue(**options).entries()]

    monkeypatch.setitem(sys.modules, "transformers", None)
    before = ["mini", "efficient_sam_s", "efficient_sam_ti"]
    assert names() == before
    monkeypatch.undo()
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path))
    assert names() == before
    assert set(names(random=True)) == set(before)
    assert names(weights_of="sam_vit_b") == [*before, "sam_vit_b"], "asked for, it says what lacks"
    engine = Engine(CoreCatalogue(weights_of="sam_vit_b"), model="sam_vit_b")
    engine.models._start()
    assert "weights download sam_vit_b" in models.status(engine, {})["error"]


def test_clicks_boxes_and_corrections(loaded, bear_photo):
    def answer(**more):
        reply = points.prompt(loaded, prompt_payload(bear_photo, model="sam_vit_b", **more))
        assert "error" not in reply and reply["note"] == "", reply
        masks = [opaque(one["png"]) for one in reply["candidates"]]
        assert len(masks) == 3 and any(mask.any() and not mask.all() for mask in masks)
        return masks

    click = {"coords": [[300, 350]], "labels": [1]}
    background = answer(coords=[[300, 350], [20, 20]], labels=[1, 0])
    assert any((a != b).any() for a, b in zip(background, answer(**click), strict=True))
    answer(box=[40, 60, 500, 620])
    answer(**click, box=[40, 60, 500, 620])
    steps = [{"point": [300, 350], "label": 1}, {"point": [300, 60], "label": 0}]
    answer(coords=[[300, 350], [300, 60]], labels=[1, 0], steps=steps)
    segmenter, read = loaded.models.segmenter("sam_vit_b"), []
    decode = segmenter._decode

    def noted(*given):
        read.append(given[3] if len(given) > 3 else None)
        return decode(*given)

    segmenter._decode = noted
    try:
        answer(
            coords=[[310, 350], [310, 60]],
            labels=[1, 0],
            steps=[*steps[:1], {"point": [310, 60], "label": 0}],
        )
    finally:
        del segmenter._decode
    assert any(mask is not None for mask in read), "the second click corrects the first one's mask"


def test_the_modes_find_masks_with_it(loaded, asked):
    filters = everything.filters_for("sam_vit_b")
    assert (filters["predicted_iou"], filters["stability"]) == (0.88, 0.95)
    found = everything.find(loaded, asked, "fast", filters)
    assert len(found["found"]) > 0
    assert len(salient.find(loaded, asked, {"threshold": 0.5})["found"]) > 0
    reply = text.find(loaded, asked, "bear", 0.0)
    assert reply["hits"] and reply["hits"][0]["label"] == "bear"


def test_it_is_compared_with_another_model(loaded, bear_photo):
    keys = ["mini/predicted_iou", "sam_vit_b/predicted_iou"]
    reply = compare.compare(loaded, prompt_payload(bear_photo, [[300, 350]], [1], keys=keys))
    labels = [(one["label"], one["weights"]) for one in reply["answers"]]
    assert labels[1][0] == "SAM ViT-B, by its own score"
    assert labels[1][1].startswith("folder, sha256 ")


def test_programs_ask_for_it_by_name(loaded, bear_file):
    prompts = {"point_coords": [[300, 350]], "point_labels": [1], "model": "sam_vit_b"}
    reply = service.segment(loaded, {"image": str(bear_file), "prompts": prompts})
    assert reply["mask"].shape == (640, 586)
    assert reply["info"]["title"] == "SAM ViT-B"
    found = service.everything(
        loaded, {"image": str(bear_file), "settings": {"model": "sam_vit_b", "points_per_side": 3}}
    )
    for one in found["info"]["objects"]:
        assert decode_segmentation(one["rle"], (640, 586)).sum() == one["area"]
    assert found["info"]["objects"]


def test_the_notebooks_widget_and_playground_offer_it(places):
    from demo.notebook.playground import Playground

    made = Playground(np.full((40, 60, 3), 90, np.uint8), "sam_vit_b", device="cpu")
    assert made.model.value == "sam_vit_b" and list(made.model.options) == NAMES
    assert made.predicted_iou.value == pytest.approx(0.88)
    made.canvas.prompt = Prompt.point(30, 20)
    assert len(made.masks) == 3 and "SAM ViT-B" in made.figure().caption
