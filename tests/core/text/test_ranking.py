"""Texts find the masks they describe."""

import numpy as np
import pytest

from esam_core.errors import Cancelled, InvalidImage, InvalidPrompt, InvalidSettings
from esam_core.masks import Masks
from esam_core.text import CropSettings, ParsedText, RegionFeatures, embed_regions, rank_masks
from esam_core.text.location import Location


class ColourEncoder:
    """Maps a crop to its mean colour and a text to the colour it names: the ranking is known."""

    name = title = provenance = "colours"
    device, precision = "cpu", "fp32"
    input_size = 8
    logit_scale = 20.0
    negatives = ("grey",)
    threshold = 0.5
    known = {"red": (1, 0, 0), "greens": (0, 1, 0), "blue": (0, 0, 1), "grey": (1, 1, 1)}

    def __init__(self):
        self.crops, self.texts = 0, []

    def parse(self, text):
        return ParsedText(text, text, plural=text.endswith("s"))

    def encode_crops(self, crops):
        self.crops += len(crops)
        return self.merge(crops.reshape(len(crops), -1, 3).astype(np.float32))

    def see(self, image):
        return None

    def merge(self, embeddings):
        mean = embeddings.mean(1)
        return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)

    def encode_texts(self, texts):
        self.texts += [text.subject for text in texts]
        rows = np.array([self.known[text.subject] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_each_text_finds_its_mask(scene):
    encoder = ColourEncoder()
    regions = embed_regions(*scene, encoder)
    ranking = rank_masks(regions, ["red", "greens"], encoder)
    assert ranking.similarity.shape == ranking.scores.shape == (3, 2)
    assert ranking.order.shape == (2, 3)
    assert ranking.chosen(0).tolist() == [0]
    assert ranking.chosen(1).tolist() == [1, 2]


def test_singular_gives_one_mask_even_if_more_match(scene):
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


def test_scores_compete_with_the_negatives_and_only_if_asked_with_the_other_texts(scene):
    encoder = ColourEncoder()
    regions = embed_regions(*scene, encoder)
    alone = rank_masks(regions, ["red"], encoder)
    both = rank_masks(regions, ["red", "greens"], encoder)
    rivals = rank_masks(regions, ["red", "greens"], encoder, compete=True)
    assert "grey" in encoder.texts
    assert alone.scores[:, 0] == pytest.approx(both.scores[:, 0])
    assert (rivals.scores <= both.scores).all() and rivals.scores[0, 1] < both.scores[0, 1]
    assert (rivals.scores.sum(1) < 1).all()
    assert alone.similarity[:, 0] == pytest.approx(both.similarity[:, 0])
    assert (both.order == rivals.order).all()


def test_near_synonyms_find_the_same_mask_unless_they_compete(scene):
    encoder = ColourEncoder()
    encoder.known = encoder.known | {"scarlet": (1, 0.05, 0)}
    regions = embed_regions(*scene, encoder)
    both = rank_masks(regions, ["red", "scarlet"], encoder, threshold=0.9)
    assert [both.chosen(i).tolist() for i in (0, 1)] == [[0], [0]]
    rivals = rank_masks(regions, ["red", "scarlet"], encoder, threshold=0.9, compete=True)
    assert [rivals.chosen(i).tolist() for i in (0, 1)] == [[], []]


@pytest.mark.parametrize("located", [False, True])
def test_another_text_does_not_change_a_single_digit_of_a_score(located):
    rng = np.random.default_rng(0)
    encoder = ColourEncoder()
    encoder.known = {name: rng.random(512) for name in ("dog", "puppy", "hound", "grey")}
    embeddings, cells = rng.random((60, 512), np.float32), rng.random((60, 99), np.float32)
    seen = rng.random((512, 99), np.float32)
    location = Location(seen, cells, np.ones(60, np.float32)) if located else None
    overlap = np.eye(60, dtype=np.float32)
    regions = RegionFeatures(embeddings, encoder.name, overlap, CropSettings(), location)
    alone = rank_masks(regions, ["dog"], encoder)
    for others in (["puppy"], ["puppy", "hound"]):
        both = rank_masks(regions, ["dog", *others], encoder)
        for one, two in ((alone.scores, both.scores), (alone.similarity, both.similarity)):
            np.testing.assert_array_equal(one[:, 0], two[:, 0])


@pytest.mark.parametrize("compete", [False, True])
def test_scores_are_a_softmax_however_sure_the_model_is(scene, compete):
    encoder = ColourEncoder()
    encoder.logit_scale = 500.0
    regions = embed_regions(*scene, encoder)
    scores = rank_masks(regions, ["red", "blue"], encoder, compete=compete).scores
    assert scores.min() >= 0 and scores.max() <= 1  # neither holds for NaN
    encoder.logit_scale = 20.0
    ranking = rank_masks(regions, ["red", "blue"], encoder, compete=compete)
    odds = np.exp(20 * ranking.similarity)
    grey = np.exp(20 * regions.embeddings @ encoder.encode_texts([ParsedText("", "grey")]).T)
    rivals = odds.sum(1, keepdims=True) if compete else odds
    assert ranking.scores == pytest.approx(odds / (rivals + grey), abs=1e-5)


def test_threshold_decides_what_counts_as_found(scene):
    encoder = ColourEncoder()
    regions = embed_regions(*scene, encoder)
    assert len(rank_masks(regions, ["blue"], encoder, threshold=0).matches(0)) == 3
    assert len(rank_masks(regions, ["red"], encoder, threshold=1).matches(0)) == 0
    with pytest.raises(InvalidSettings, match="0 to 1"):
        rank_masks(regions, ["red"], encoder, threshold=1.5)


def test_next_text_encodes_no_crop_again(scene):
    encoder = ColourEncoder()
    regions = embed_regions(*scene, encoder)
    encoded = encoder.crops
    rank_masks(regions, ["red"], encoder)
    rank_masks(regions, ["blue"], encoder)
    assert encoder.crops == encoded == 3


def test_image_without_masks_has_no_match(scene):
    encoder = ColourEncoder()
    regions = embed_regions(scene[0], Masks.empty((40, 80)), encoder)
    ranking = rank_masks(regions, ["red", "blue"], encoder)
    assert ranking.scores.shape == (0, 2)
    assert ranking.chosen(0).tolist() == ranking.chosen(1).tolist() == []


@pytest.mark.parametrize("count", [0, 1])
def test_masks_of_another_size_than_the_image_are_refused(scene, count):
    masks = Masks.from_data(np.ones((count, 10, 10), bool))
    with pytest.raises(InvalidImage, match="same image"):
        embed_regions(scene[0], masks, ColourEncoder())


def test_features_of_another_encoder_are_refused():
    regions = RegionFeatures(
        np.zeros((1, 3), np.float32), "another", np.ones((1, 1), np.float32), CropSettings()
    )
    with pytest.raises(InvalidPrompt, match="another"):
        rank_masks(regions, ["red"], ColourEncoder())


def test_regions_are_embedded_in_batches_with_progress_and_can_be_cancelled(scene):
    image, masks = scene
    many, encoder, done = Masks.concat([masks] * 7), ColourEncoder(), []
    regions = embed_regions(
        image, many, encoder, progress=lambda masks, total: done.append((masks, total))
    )
    assert done == [(16, 21), (21, 21)]
    one_by_one = [embed_regions(image, many[[i]], encoder).embeddings for i in range(21)]
    assert (regions.embeddings == np.concatenate(one_by_one)).all()
    encoder, done = ColourEncoder(), []
    with pytest.raises(Cancelled, match="16 of 21 masks"):
        embed_regions(
            image,
            many,
            encoder,
            progress=lambda masks, total: done.append(masks),
            cancel=lambda: bool(done),
        )
    assert encoder.crops == 16
