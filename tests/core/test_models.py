"""Rows become segmenters, and say where their weights come from."""

import pytest
import torch

from esam_core import MODELS, WeightsNotFound, available_models, load_segmenter
from esam_core.errors import UnknownModel, WeightsMismatch


@pytest.fixture(autouse=True)
def no_official_weights(monkeypatch, tmp_path):
    monkeypatch.delenv("ESAM_WEIGHTS", raising=False)
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path / "cache"))


def test_without_official_files_the_bundled_mini_answers():
    assert available_models() == ["mini"]
    segmenter = load_segmenter()
    assert segmenter.name == "mini"
    assert segmenter.provenance.startswith("bundled mini, sha256 ")


@pytest.mark.parametrize("name", MODELS)
def test_parameter_counts_are_the_networks(name):
    spec = MODELS[name]
    assert sum(p.numel() for p in spec.build(spec.config).parameters()) == spec.parameters


def test_an_official_checkpoint_loads_and_tells_its_digest(tmp_path):
    random = load_segmenter("efficient_sam_ti", random=True, precision="fp32")
    assert random.provenance == "random"
    path = tmp_path / "efficient_sam_vitt.pt"
    torch.save({"model": random.network.state_dict()}, path)
    loaded = load_segmenter("efficient_sam_ti", weights=path, precision="fp32")
    assert loaded.provenance.startswith("file, sha256 ")
    for ours, theirs in zip(loaded.network.parameters(), random.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_random_weights_are_the_same_each_time_and_leave_the_seed_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    a, b = (load_segmenter("efficient_sam_ti", random=True, precision="fp32") for _ in range(2))
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(*(next(s.network.parameters()) for s in (a, b)))


def test_missing_weights_and_unknown_names_say_what_to_do():
    with pytest.raises(WeightsNotFound, match="weights download efficient_sam_ti"):
        load_segmenter("efficient_sam_ti")
    with pytest.raises(UnknownModel) as caught:
        load_segmenter("sam_h")
    message = "model 'sam_h' is unknown; use auto or one of "
    assert str(caught.value).startswith(message + "efficient_sam_s, efficient_sam_ti, mini")


def test_a_checkpoint_of_another_model_is_refused(tmp_path):
    random = load_segmenter("efficient_sam_ti", random=True)
    path = tmp_path / "ti.pt"
    torch.save({"model": random.network.state_dict()}, path)
    with pytest.raises(WeightsMismatch, match="does not hold the weights of EfficientSAM-S"):
        load_segmenter("efficient_sam_s", weights=path)
