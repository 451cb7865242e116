"""Texts find the masks they describe: ranking, views of regions, and encoders."""

import numpy as np
import pytest

from esam_core.errors import (
    Cancelled,
    DownloadFailed,
    InvalidImage,
    InvalidPrompt,
    InvalidSettings,
    UnknownModel,
    UnknownWord,
    WeightsMismatch,
    WeightsNotFound,
)
from esam_core.everything import GridSettings
from esam_core.geometry import mask_iou
from esam_core.masks import Masks
from esam_core.models import load_segmenter
from esam_core.saliency.maps import SaliencyMap
from esam_core.text.clip import ClipEncoder, load_clip
from esam_core.text.encoders import TEXT_ENCODERS, load_text_encoder
from esam_core.text.ranking import RegionFeatures, embed_regions, propose, rank_masks, split_texts
from esam_core.text.regions import ViewSettings, region_views
from esam_core.text.vocabulary import Reading
from tests.support.tiny_clip import SPEC, save_tiny_clip

RED, GREEN, BLUE = np.eye(3, dtype=np.uint8) * 255


class ColourEncoder:
    """Reads a view as its mean colour and a text as the colour it names: answers are known."""

    name = title = provenance = "colours"
    input_size = 8
    logit_scale = 20.0
    negatives = ("grey",)
    threshold = 0.5
    known = {"red": (1, 0, 0), "greens": (0, 1, 0), "blue": (0, 0, 1), "grey": (1, 1, 1)}

    def __init__(self):
        self.views, self.texts = 0, []

    def read(self, text):
        return Reading(text, text, plural=text.endswith("s"))

    def encode_views(self, views):
        self.views += len(views)
        return self.merge(views.reshape(len(views), -1, 3).astype(np.float32))

    def merge(self, rows):
        mean = rows.mean(1)
        return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)

    def encode_texts(self, readings):
        self.texts += [reading.subject for reading in readings]
        rows = np.array([self.known[reading.subject] for reading in readings], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture
def scene() -> tuple[np.ndarray, Masks]:
    """A grey photo with a red, a green and another green square, and their masks."""
    image = np.full((40, 80, 3), 128, np.uint8)
    masks = np.zeros((3, 40, 80), bool)
    for mask, x, colour in zip(masks, (5, 30, 60), (RED, GREEN, GREEN), strict=True):
        mask[10:25, x : x + 15] = True
        image[mask] = colour
    return image, Masks.from_data(masks)


# Ranking


def test_each_text_finds_its_mask(scene):
    encoder = ColourEncoder()
    regions = embed_regions(*scene, encoder)
    ranking = rank_masks(regions, ["red", "greens"], encoder)
    assert ranking.similarity.shape == ranking.scores.shape == (3, 2)
    assert ranking.order.shape == (2, 3)
    assert ranking.chosen(0).tolist() == [0]
    assert ranking.chosen(1).tolist() == [1, 2]


def test_singular_is_answered_by_one_mask_though_more_match(scene):
    encoder = ColourEncoder()
    encoder.known = encoder.known | {"green": (0, 1, 0)}
    ranking = rank_masks(embed_regions(*scene, encoder), ["green"], encoder)
    assert ranking.matches(0).tolist() == [1, 2]
    assert ranking.chosen(0).tolist() == [1]


def test_plural_takes_each_thing_once(scene):
    image, masks = scene
    half = masks.data[1].copy()
    half[:, :37] = False
    both = masks.data[1] | masks.data[0]
    more = Masks.from_data(np.concatenate([masks.data, half[None], both[None]]))
    encoder = ColourEncoder()
    regions = embed_regions(image, more, encoder)
    ranking = rank_masks(regions, ["greens"], encoder, threshold=0)
    assert len(ranking.matches(0)) == 5
    assert set(ranking.chosen(0).tolist()) == {0, 1, 2}


def test_what_is_not_there_is_not_found(scene):
    encoder = ColourEncoder()
    ranking = rank_masks(embed_regions(*scene, encoder), ["blue"], encoder)
    assert ranking.matches(0).tolist() == []
    assert ranking.chosen(0).tolist() == []
    assert len(ranking.order[0]) == 3


def test_scores_compete_with_the_negatives_and_the_other_texts(scene):
    encoder = ColourEncoder()
    regions = embed_regions(*scene, encoder)
    alone = rank_masks(regions, ["red"], encoder)
    both = rank_masks(regions, ["red", "greens"], encoder)
    assert "grey" in encoder.texts
    assert (alone.scores >= both.scores[:, :1]).all()
    assert (both.scores.sum(1) < 1).all()
    assert alone.similarity[:, 0] == pytest.approx(both.similarity[:, 0])


def test_threshold_decides_what_counts_as_found(scene):
    encoder = ColourEncoder()
    regions = embed_regions(*scene, encoder)
    assert len(rank_masks(regions, ["blue"], encoder, threshold=0).matches(0)) == 3
    assert len(rank_masks(regions, ["red"], encoder, threshold=1).matches(0)) == 0
    with pytest.raises(InvalidSettings, match="0 to 1"):
        rank_masks(regions, ["red"], encoder, threshold=1.5)


def test_next_text_costs_no_look_at_the_photo(scene):
    encoder = ColourEncoder()
    regions = embed_regions(*scene, encoder)
    seen = encoder.views
    rank_masks(regions, ["red"], encoder)
    rank_masks(regions, ["blue"], encoder)
    assert encoder.views == seen == 3


def test_photo_without_masks_has_no_match(scene):
    encoder = ColourEncoder()
    regions = embed_regions(scene[0], Masks.empty((40, 80)), encoder)
    ranking = rank_masks(regions, ["red", "blue"], encoder)
    assert ranking.scores.shape == (0, 2)
    assert ranking.chosen(0).tolist() == ranking.chosen(1).tolist() == []


def test_features_of_another_encoder_are_refused():
    regions = RegionFeatures(
        np.zeros((1, 3), np.float32), "another", np.ones((1, 1), np.float32), ViewSettings()
    )
    with pytest.raises(InvalidPrompt, match="another"):
        rank_masks(regions, ["red"], ColourEncoder())


# What is typed


def test_commas_separate_texts_and_repetitions_go():
    assert split_texts(" dog,  red   ball ,dog,, ") == ("dog", "red ball")


@pytest.mark.parametrize("query", ["", "  ", ",,", "\n\t"])
def test_nothing_typed_is_refused(query):
    with pytest.raises(InvalidPrompt, match="say what to look for"):
        split_texts(query)


def test_two_thousand_characters_are_refused():
    with pytest.raises(InvalidPrompt, match="2,000 characters"):
        split_texts("x" * 2000)


def test_too_many_texts_are_refused():
    with pytest.raises(InvalidPrompt, match="13 texts"):
        split_texts(",".join(map(str, range(13))))


# Views


def views(scene, **settings):
    return next(region_views(*scene, 64, ViewSettings(**settings)))


def test_masked_crop_shows_the_mask_alone(scene):
    (view,) = views(scene, context=2, background="white")
    assert (view[32, 32] == RED).all()
    assert (view[4, 4] == 255).all()
    share = (view == RED).all(-1).mean()
    assert share == pytest.approx(0.25, abs=0.05)


def test_box_crop_shows_what_is_around(scene):
    (view,) = views(scene, views=("box_crop",), context=1.5)
    assert (view[32, 32] == RED).all()
    assert (view[4, 32] == 128).all()


def test_view_is_padded_where_it_leaves_the_photo(scene):
    image, masks = scene
    corner = np.zeros((1, 40, 80), bool)
    corner[0, :10, :10] = True
    settings = ViewSettings(views=("box_crop",), context=2, background="black")
    view = next(region_views(image, Masks.from_data(corner), 64, settings))[0]
    assert not view[:12, :12].any()
    assert view[40, 40].any()


def test_blurred_background_keeps_the_mask_sharp(scene):
    sharp, blurred = views(scene, views=("box_crop", "blurred_background"), context=2)
    inside = (slice(20, 44), slice(20, 44))
    assert (sharp[inside] == blurred[inside]).all()
    assert not (sharp == blurred).all()


def test_views_keep_the_shape_of_the_mask(scene):
    image = scene[0]
    wide = np.zeros((1, 40, 80), bool)
    wide[0, 15:25, 10:70] = True
    settings = ViewSettings(context=1, background="black")
    view = next(region_views(np.full_like(image, 255), Masks.from_data(wide), 60, settings))[0]
    rows, columns = view[..., 0].max(1) > 128, view[..., 0].max(0) > 128
    assert (rows.sum(), columns.sum()) == (10, 60)


def test_empty_mask_is_shown_as_background(scene):
    empty = Masks.from_data(np.zeros((1, 40, 80), bool))
    view = next(region_views(scene[0], empty, 16, ViewSettings(background="black")))
    assert not view.any()


def test_masks_of_another_photo_are_refused(scene):
    with pytest.raises(InvalidImage, match="same photo"):
        next(region_views(scene[0], Masks.empty((10, 10)), 16))


@pytest.mark.parametrize(
    "wrong", [{"views": ()}, {"views": ("side",)}, {"context": 3}, {"background": "pink"}]
)
def test_setting_outside_its_range_is_refused(wrong):
    with pytest.raises(InvalidSettings, match=next(iter(wrong))):
        ViewSettings(**wrong)


# The offline encoder


@pytest.fixture(scope="module")
def offline():
    return load_text_encoder()


def test_offline_vocabulary_tells_animals_apart(offline, bear):
    image, mask = bear
    regions = embed_regions(image, Masks.from_data(np.stack([mask, ~mask])), offline)
    assert regions.rows.sum(1) == pytest.approx(1, abs=1e-3)
    ranking = rank_masks(regions, ["bear", "banana"], offline)
    assert ranking.chosen(0).tolist() == [0]
    assert ranking.chosen(1).tolist() == []
    assert ranking.scores[0, 0] > 10 * ranking.scores[0, 1]
    assert offline.provenance.startswith("bundled mini")


def test_what_stands_out_is_proposed_first_and_not_twice(bear):
    image, mask = bear
    saliency = SaliencyMap(mask.astype(np.float32), peak=1.0, provenance="drawn")
    grid = GridSettings(points_per_side=4, pred_iou_thresh=0.3, stability_score_thresh=0.5)
    done = []
    masks = propose(
        load_segmenter("mini"),
        image,
        saliency=saliency,
        settings=grid,
        progress=lambda points, total: done.append((points, total)),
    )
    overlaps = mask_iou(masks.data, mask[None])[:, 0]
    assert overlaps[0] > 0.7 and done[-1] == (16, 16)
    assert (mask_iou(masks.data[1:], masks.data[:1]) <= 0.8).all()
    nothing = SaliencyMap(np.zeros(mask.shape, np.float32), peak=0.0, provenance="drawn")
    plain = propose(load_segmenter("mini"), image, saliency=nothing, settings=grid)
    assert 0 < len(plain) <= len(masks)


def test_proposing_stops_when_asked(bear):
    with pytest.raises(Cancelled, match="0 of 256 points"):
        propose(load_segmenter("mini"), bear[0], cancel=lambda: True)


def test_offline_vocabulary_refuses_a_word_it_does_not_know(offline, scene):
    regions = embed_regions(*scene, offline)
    with pytest.raises(UnknownWord, match="banana"):
        rank_masks(regions, ["bananna"], offline)


# CLIP


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return save_tiny_clip(tmp_path_factory.mktemp("clip"))


def test_every_row_is_a_model_that_open_clip_publishes():
    import open_clip

    rows = [spec for spec in TEXT_ENCODERS.values() if spec.model]
    assert {"ViT-B-32", "ViT-L-14", "MobileCLIP-S2", "ViT-B-16-SigLIP"} == {r.model for r in rows}
    for spec in rows:
        assert (spec.model, spec.pretrained) in open_clip.list_pretrained()


def test_clip_saved_to_disk_is_loaded_back_and_ranks(tiny, scene):
    encoder = load_clip(SPEC, weights=tiny, device="cpu")
    assert encoder.provenance == "file tiny.safetensors"
    regions = embed_regions(*scene, encoder, ViewSettings(views=("masked_crop", "box_crop")))
    assert np.linalg.norm(regions.rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert regions.rows.shape == (3, 16)
    ranking = rank_masks(regions, ["a dog", "the cats"], encoder, threshold=0)
    assert np.isfinite(ranking.scores).all()
    assert (np.abs(ranking.similarity) <= 1 + 1e-5).all()
    assert [r.plural for r in ranking.readings] == [False, True]


def test_clip_embeddings_are_those_of_open_clip_itself(tiny, bear):
    import open_clip
    import torch
    from PIL import Image

    encoder = load_clip(SPEC, weights=tiny, device="cpu", precision="fp32")
    model, _, preprocess = open_clip.create_model_and_transforms(SPEC.model, pretrained=str(tiny))
    model.eval()
    small = np.asarray(Image.fromarray(bear[0]).resize((32, 32), Image.Resampling.BICUBIC))
    with torch.inference_mode():
        pixels = preprocess(Image.fromarray(small))[None]
        expected = model.encode_image(pixels, normalize=True)[0].numpy()
        tokens = open_clip.get_tokenizer(SPEC.model)(["a photo of a dog."])
        said = model.encode_text(tokens, normalize=True)[0].numpy()
    assert encoder.encode_views(small[None])[0] == pytest.approx(expected, abs=1e-5)
    plain = ClipEncoder(
        SPEC, model, open_clip.get_tokenizer(SPEC.model), "test", templates=["a photo of a {}."]
    )
    assert plain.encode_texts([Reading("dog", "dog")])[0] == pytest.approx(said, abs=1e-5)


@pytest.mark.parametrize("autocast", [False, True])
def test_clip_in_half_precision_points_the_same_way(tiny, bear, monkeypatch, autocast):
    if autocast:
        monkeypatch.setattr("esam_core.devices.CASTING", frozenset())
    exact, fast = (
        load_clip(SPEC, weights=tiny, device="cpu", precision=p) for p in ("fp32", "bf16")
    )
    views = np.stack([bear[0][:32, :32], bear[0][300:332, 300:332]])
    readings = [exact.read("bear"), exact.read("two dogs")]
    assert (exact.encode_views(views) * fast.encode_views(views)).sum(-1).min() > 0.999
    assert (exact.encode_texts(readings) * fast.encode_texts(readings)).sum(-1).min() > 0.999


def test_the_offline_vocabulary_in_half_precision_sees_the_same(bear):
    exact, fast = (load_text_encoder(precision=p) for p in ("fp32", "bf16"))
    views = np.stack([bear[0][i : i + 260, j : j + 260] for i in (0, 200, 380) for j in (0, 300)])
    assert len(views) > fast.batch_size
    a, b = exact.encode_views(views), fast.encode_views(views)
    assert np.abs(a - b).sum(-1).mean() / 2 < 0.05  # total variation
    likeliest = np.take_along_axis(b, a.argmax(-1)[:, None], 1)[:, 0]
    assert (b.max(-1) - likeliest).max() < 0.05  # what fp32 says, or as good as it


def test_templates_are_averaged(tiny):
    encoder = load_clip(SPEC, weights=tiny, device="cpu")
    (row,) = encoder.encode_texts([encoder.read("dog")])
    assert np.linalg.norm(row) == pytest.approx(1)
    one = ClipEncoder(SPEC, encoder._model, encoder._tokenizer, "test", templates=["{}"])
    assert one.encode_texts([one.read("dog")])[0] != pytest.approx(row)


@pytest.mark.parametrize("text", ["😀 " * 60, "狗", "<b>dog</b>", "{} {0} {x}", "dog " * 40])
def test_clip_reads_any_text(tiny, text):
    encoder = load_clip(SPEC, weights=tiny, device="cpu")
    assert np.isfinite(encoder.encode_texts([encoder.read(text)])).all()


@pytest.mark.parametrize("name", ["ViT-B-32", "ViT-L-14", "MobileCLIP-S2", "SigLIP"])
def test_absent_clip_says_how_to_get_it(name, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsNotFound, match=f"--encoder {name} --download"):
        load_text_encoder(name)


def test_offline_switch_of_the_hub_is_respected(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DownloadFailed, match="HF_HUB_OFFLINE"):
        load_text_encoder("ViT-B-32", download=True)


def test_no_connection_is_said_at_once(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadFailed, match="no connection to http://127.0.0.1:9"):
        load_text_encoder("ViT-B-32", download=True)


def test_wrong_and_missing_files_are_refused(tiny, tmp_path):
    with pytest.raises(WeightsMismatch, match="ViT-B/32"):
        load_text_encoder("ViT-B-32", weights=tiny)
    with pytest.raises(WeightsNotFound, match="not a file"):
        load_text_encoder("ViT-B-32", weights=tmp_path / "none.pt")
    with pytest.raises(UnknownModel, match="offline, ViT-B-32"):
        load_text_encoder("CLIP")
