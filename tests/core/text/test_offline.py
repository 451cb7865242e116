"""The offline encoder distinguishes regions and refuses words it does not know."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from esam_core.errors import InvalidSettings, UnknownWord, WeightsMismatch, WeightsNotFound
from esam_core.masks import Masks
from esam_core.text import embed_regions, load_text_encoder, rank_masks
from esam_core.text.offline import APPROXIMATE


@pytest.fixture(scope="module")
def offline():
    return load_text_encoder()


def test_offline_vocabulary_distinguishes_animals(offline, bear):
    image, mask = bear
    regions = embed_regions(image, Masks.from_data(np.stack([mask, ~mask])), offline)
    assert regions.embeddings.sum(1) == pytest.approx(1, abs=1e-3)
    ranking = rank_masks(regions, ["bear", "banana"], offline)
    assert ranking.chosen(0).tolist() == [0]
    assert ranking.chosen(1).tolist() == []
    assert ranking.scores[0, 0] > 10 * ranking.scores[0, 1]
    assert offline.provenance.startswith("bundled imagenet_lite2")


def test_offline_vocabulary_refuses_a_word_it_does_not_know(offline, scene):
    regions = embed_regions(*scene, offline)
    with pytest.raises(UnknownWord, match="banana"):
        rank_masks(regions, ["bananna"], offline)


def test_what_only_stands_for_a_word_counts_less(offline):
    ox, cow = offline.encode_texts([offline.parse("ox"), offline.parse("cow")])
    assert ox.max() == 1 and cow.max() == pytest.approx(APPROXIMATE)
    assert (ox > 0).tolist() == (cow > 0).tolist()


@pytest.mark.slow
def test_the_offline_vocabulary_in_half_precision_gives_the_same_result(bear):
    exact, fast = (load_text_encoder(precision=p) for p in ("fp32", "bf16"))
    crops = np.stack([bear[0][i : i + 260, j : j + 260] for i in (0, 200, 380) for j in (0, 300)])
    assert len(crops) > fast.batch_size
    a, b = exact.encode_crops(crops), fast.encode_crops(crops)
    assert np.abs(a - b).sum(-1).mean() / 2 < 0.05  # total variation
    likeliest = np.take_along_axis(b, a.argmax(-1)[:, None], 1)[:, 0]
    assert (b.max(-1) - likeliest).max() < 0.05  # the choice of fp32, or one as likely


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_offline_vocabulary_runs_in_the_precision_asked_for(precision):
    encoder = load_text_encoder(precision=precision)
    assert (encoder.device, encoder.precision) == ("cpu", precision)
    assert encoder.batch_size == {"fp32": 2, "bf16": 4}[precision]  # from the weights themselves


def test_unknown_precision_and_missing_weights_are_refused(tmp_path):
    with pytest.raises(InvalidSettings, match="fp8"):
        load_text_encoder(precision="fp8")
    with pytest.raises(WeightsNotFound):
        load_text_encoder(weights=tmp_path)


def test_weights_of_something_else_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(WeightsMismatch, match="other.safetensors"):
        load_text_encoder(weights=path)
