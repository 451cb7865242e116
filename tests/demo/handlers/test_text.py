"""Objects found by text, with the bundled models and a small grid."""

from dataclasses import replace

import pytest

from demo.handlers import text, text_search
from demo.handlers.views import view
from demo.tabs import shared
from esam_core.everything import settings
from esam_core.text.ranking import split_texts
from tests.support.fakes import payload_of


@pytest.fixture(autouse=True)
def few_points(monkeypatch):
    """Four points a side instead of 16: enough for some masks, and quick."""
    row = settings.PRESETS["fast"]
    monkeypatch.setitem(settings.PRESETS, "fast", replace(row, points_per_side=4))


def search(engine, payload, query, threshold):
    return text_search.search(engine, view(engine, payload), split_texts(query), threshold)


@pytest.fixture(scope="module")
def bear_payload(mini_engine, bear_file):
    return payload_of(mini_engine, bear_file)


def test_each_text_has_its_colour_and_its_best_masks(mini_engine, bear_payload):
    found = search(mini_engine, bear_payload, "a bear, animals", 0.1)
    chosen = [hit for hit in found.hits if hit.chosen]
    assert {hit.label for hit in chosen} == {"a bear", "animals"}
    reply = text.find(mini_engine, bear_payload, "a bear, animals", 0.1)
    masks = reply["layers"]["text-masks"]["masks"]
    assert len({mask["colour"] for mask in masks}) == 2
    assert len(reply["thumbnails"]) == len(found.hits)
    assert max(max(picture.shape) for picture in reply["thumbnails"]) <= 200
    assert reply["hits"][0] == {"label": "a bear", "score": found.hits[0].score, "chosen": True}
    assert len(reply["found"]) == len(chosen)
    assert reply["message"].startswith(f"{len(chosen)} found.") and reply["suggestions"] == []


def test_next_text_reuses_the_masks_of_the_photo(mini_engine, bear_payload, monkeypatch):
    search(mini_engine, bear_payload, "bear", 0.1)
    monkeypatch.setattr(text_search, "trace_proposals", None)
    monkeypatch.setattr(text_search, "embed_regions", None)
    assert search(mini_engine, bear_payload, "banana", 0.1).notices


def test_unknown_word_is_reported_and_the_others_are_searched(mini_engine, bear_payload):
    found = search(mini_engine, bear_payload, "bannana, a red bear, bear on the left", 0.1)
    assert [text.subject for text in found.ranking.texts] == ["bear", "bear"]
    notices = " ".join(found.notices)
    assert found.suggestions[0] == "banana"
    for part in ("Did you mean banana", "no colours", "on the left"):
        assert part in notices


def test_no_match_is_an_answer(mini_engine, bear_payload):
    found = search(mini_engine, bear_payload, "banana", 0.9)
    assert not any(hit.chosen for hit in found.hits)
    assert "Nothing found for “banana”" in found.notices[-1]
    reply = text.find(mini_engine, bear_payload, "banana", 0.9)
    assert reply["layers"]["text-masks"]["masks"] == [] and len(reply["found"]) == 0
    assert "try another word" in reply["message"] and "found." not in reply["message"]


@pytest.mark.parametrize("query", ["", " , ", "x" * 2000])
def test_bad_query_is_refused_with_a_sentence(mini_engine, bear_payload, query):
    assert text.find(mini_engine, bear_payload, query, 0.1)["error"]


@pytest.mark.parametrize("query", ["😀", "狗", "<img src=x onerror=alert(1)>"])
def test_text_without_a_known_word_gives_notices_and_no_masks(mini_engine, bear_payload, query):
    found = search(mini_engine, bear_payload, query, 0.1)
    assert found.hits == []
    assert found.notices
    assert "<img" not in shared.message("\n".join(found.notices))


def test_absent_clip_is_refused_with_the_way_to_get_it(mini_engine, bear_payload, monkeypatch):
    monkeypatch.setattr("esam_core.text.clip.cached_weights", lambda spec: None)
    reply = text.find(mini_engine, bear_payload, "a red bear", 0.1, "ViT-B-32")
    assert "--encoder ViT-B-32 --download" in reply["error"]


def test_a_picked_hit_stands_alone_and_is_kept_by_its_text(mini_engine, bear_payload):
    last = len(text.find(mini_engine, bear_payload, "bear", 0.1)["hits"]) - 1
    reply = text.find(mini_engine, bear_payload, "bear", 0.1, picked=last)
    assert len(reply["layers"]["text-masks"]["masks"]) == len(reply["found"]) == 1
    kept = text.keep(mini_engine, bear_payload, "bear", 0.1, picked=last)
    [shown], [mask] = (reply["layers"]["text-masks"]["masks"], kept["layers"]["kept"]["masks"])
    assert {key: mask[key] for key in shown} == shown
    assert mask["name"] == "bear" and mask["score"] == reply["hits"][last]["score"]


def test_finding_and_encoding_masks_is_one_percentage_and_can_be_cancelled(mini_engine, dog_file):
    payload, percents = payload_of(mini_engine, dog_file), []

    def find(**how):
        return text.find(mini_engine, payload, "dog", 0.1, **how)

    assert find(cancel=lambda: True)["code"] == "cancelled"
    assert find(cancel=lambda: len(percents) > 4, progress=lambda *step: percents.append(step))
    assert find(progress=lambda *step: percents.append(step))["found"] is not None
    assert {total for _, total in percents} == {100}
    assert percents[-1] == (100, 100)


def test_without_a_photo_or_with_an_unknown_encoder_a_sentence(mini_engine, bear_payload):
    for payload in (None, {}, {"token": None}, "x"):
        assert "Choose a photo" in text.find(mini_engine, payload, "dog", 0.1)["error"]
    assert "text model" in text.find(mini_engine, bear_payload, "dog", 0.1, "BERT")["error"]
    assert "threshold" in text.find(mini_engine, bear_payload, "dog", 7)["error"]
