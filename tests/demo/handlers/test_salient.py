"""Salient objects of a photo, with the bundled models."""

import numpy as np

from demo.handlers import salient
from demo.handlers.pictures import mask_from_url
from demo.handlers.views import view
from demo.tabs import salient as salient_tab
from esam_core.geometry import mask_iou
from esam_core.saliency.masks import SalientSettings
from tests.support.fakes import payload_of


def search(engine, payload, settings):
    photo_view = view(engine, payload)
    return photo_view, salient.search(engine, photo_view, settings)


def test_map_points_and_mask_lie_on_the_bear(mini_engine, bear_file, bear):
    payload = payload_of(mini_engine, bear_file)
    photo_view, result = search(mini_engine, payload, SalientSettings())
    layers = salient.layers(photo_view, result)
    assert {layer["kind"] for layer in layers.values()} == {"heat", "markers", "masks"}
    assert {layer["token"] for layer in layers.values()} == {payload["token"]}
    for x, y, label in layers["salient-points"]["points"]:
        assert label == 1
        assert result.components.any(0)[round(y), round(x)]
    mask = mask_from_url(layers["salient-masks"]["masks"][0]["png"])
    assert mask_iou(mask[None], bear[1][None]) > 0.7


def test_map_is_computed_once_for_all_settings(mini_engine, dog_file, monkeypatch):
    payload = payload_of(mini_engine, dog_file)
    first = search(mini_engine, payload, SalientSettings())[1]
    monkeypatch.setattr(mini_engine, "tools", None)  # the saliency model cannot be loaded
    second = search(mini_engine, payload, SalientSettings(threshold=0.8, seed=7))[1]
    assert second.saliency is first.saliency
    assert second.seed == 7
    assert second.prompts != first.prompts


def test_large_photo_is_searched_small_with_points_in_its_own_pixels(mini_engine, bear):
    large = np.asarray(bear[0]).repeat(4, 0).repeat(4, 1)
    photo_view, result = search(mini_engine, payload_of(mini_engine, large), SalientSettings())
    assert max(result.masks.image_hw) == 1280
    points = np.array(salient.layers(photo_view, result)["salient-points"]["points"])
    truth = bear[1].repeat(4, 0).repeat(4, 1)
    assert points[:, :2].max() > 1280
    assert all(truth[int(y), int(x)] for x, y, _ in points)


def test_grey_picture_has_nothing_salient(mini_engine):
    payload = payload_of(mini_engine, np.full((60, 80, 3), 128, np.uint8))
    photo_view, result = search(mini_engine, payload, SalientSettings())
    assert salient.layers(photo_view, result)["salient-masks"]["masks"] == []
    assert "Nothing stands out" in salient.sentence(result)


def test_shuffle_always_changes_the_seed():
    assert all(salient_tab._other_seed(seed) != seed for seed in range(50))
    assert salient_tab._other_seed(None) >= 0


def test_the_reply_has_layers_a_sentence_and_the_masks(mini_engine, bear_file):
    payload = payload_of(mini_engine, bear_file)
    steps = []
    reply = salient.find(
        mini_engine, payload, {"seed": 3}, progress=lambda *step: steps.append(step)
    )
    assert "stand" in reply["message"] and len(reply["found"]) >= 1
    assert reply["layers"]["salient-map"]["kind"] == "heat"
    assert steps == [(0, 2), (1, 2), (2, 2)]
    reply = salient.find(mini_engine, payload, {"seed": 3}, with_map=False)
    assert reply["layers"]["salient-map"] is None


def test_the_masks_become_objects_once_per_click(mini_engine, bear_file):
    payload = payload_of(mini_engine, bear_file)
    first, second = (salient.keep(mini_engine, payload, {}) for _ in range(2))
    kept = first["layers"]["kept"]
    assert kept["kind"] == "objects" and len(kept["masks"]) == len(first["found"])
    assert kept["nonce"] != second["layers"]["kept"]["nonce"]
    assert "kept as objects" in first["message"]


def test_mistakes_are_sentences_and_cancel_is_none(mini_engine, bear_file, caplog):
    for payload in (None, {}, {"token": None}, "x"):
        assert "Choose a photo" in salient.find(mini_engine, payload, {})["error"]
    payload = payload_of(mini_engine, bear_file)
    assert "threshold" in salient.find(mini_engine, payload, {"threshold": 7})["error"]
    reply = salient.find(mini_engine, payload, {}, cancel=lambda: True)
    assert reply["code"] == "cancelled" and "error" not in reply
    assert not caplog.records
