"""Models of the registry load, and report where their weights come from."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from esam_core import (
    MODELS,
    Prompt,
    WeightsNotFound,
    asset,
    available_models,
    load_segmenter,
    models,
    preset,
)
from esam_core.cli import main
from esam_core.errors import UnknownModel, WeightsMismatch
from esam_core.modeling.efficient_sam import EfficientSam
from esam_core.weights import find_weights
from tests.support.small import TINY


@pytest.fixture(autouse=True)
def no_official_weights(monkeypatch, tmp_path):
    monkeypatch.delenv("ESAM_WEIGHTS", raising=False)
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path / "cache"))


def test_without_official_files_the_bundled_mini_is_used():
    assert available_models() == ["mini"]
    segmenter = load_segmenter()
    assert segmenter.name == "mini"
    assert segmenter.provenance.startswith("bundled mini, sha256 ")


@pytest.mark.parametrize("name", ["mini", "efficient_sam_ti", "efficient_sam_s"])
def test_parameter_counts_are_the_networks(name):
    network = load_segmenter(name, random=True, device="cpu", precision="fp32").network
    assert sum(p.numel() for p in network.parameters()) == MODELS[name].parameters


def test_an_official_checkpoint_loads_and_reports_its_digest(tmp_path):
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


def test_adding_a_model_is_adding_a_row(monkeypatch, tmp_path):
    network = EfficientSam(TINY)
    path = tmp_path / "tiny.pt"
    torch.save({"model": network.state_dict()}, path)
    row = models.ModelSpec(
        name="tiny",
        title="Tiny",
        loader=MODELS["efficient_sam_ti"].loader,
        config=TINY,
        weights=replace(MODELS["efficient_sam_ti"].weights, filename="tiny.pt"),
        parameters=1,
        licence="none",
        paper="none",
        understands_background=True,
        grid_thresholds=models.GridThresholds(0.1, 0.2, 0.3),
    )
    monkeypatch.setitem(MODELS, "tiny", row)
    assert "tiny" not in available_models() and not row.bundled
    with pytest.raises(WeightsNotFound, match="tiny.pt"):
        load_segmenter("tiny")
    random = load_segmenter("tiny", random=True, device="cpu", precision="fp32")
    assert random.title == "Tiny" and random.understands_background
    image = torch.zeros(20, 30, 3, dtype=torch.uint8).numpy()
    assert len(random.predict(random.embed(image), Prompt.point(5, 5))) == 3
    loaded = load_segmenter("tiny", weights=path, device="cpu", precision="fp32")
    assert torch.equal(next(loaded.network.parameters()), next(network.parameters()))
    for name in ("fast", "quality"):
        settings = preset(name, "tiny")
        assert settings.pred_iou_thresh == 0.1
        assert settings.stability_score_thresh == 0.2
        assert settings.stability_score_offset == 0.3
    # The file counts as present once it has the row's size.
    sized = replace(row, weights=replace(row.weights, size=path.stat().st_size))
    monkeypatch.setitem(MODELS, "tiny", sized)
    monkeypatch.setenv("ESAM_WEIGHTS", str(tmp_path))
    assert available_models() == ["mini", "tiny"]


def test_one_model_is_recommended_to_people_who_have_bundled_ones_only():
    assert [name for name, row in MODELS.items() if row.recommended] == ["efficient_sam_ti"]
    assert [name for name, row in MODELS.items() if row.bundled] == ["mini"]


@pytest.mark.parametrize("content", [None, "nothing", "a file cut off", "a file of another name"])
def test_a_named_place_without_weights_is_never_replaced_by_the_bundled_model(
    monkeypatch, tmp_path, content
):
    place = tmp_path / "weights"
    if content is not None:
        place.mkdir()
    if content == "a file cut off":
        (place / "efficient_sam_vitt.pt").write_bytes(b"PK")
    if content == "a file of another name":
        place = place / "mine.pt"
        place.write_bytes(b"PK")
    monkeypatch.setenv("ESAM_WEIGHTS", str(place))
    for ask in (available_models, load_segmenter):
        with pytest.raises(WeightsNotFound, match=f"ESAM_WEIGHTS names {place}"):
            ask()
    assert find_weights(MODELS["mini"].weights) is not None, "asked for by name, it still loads"


@pytest.mark.parametrize("model", ["auto", "mini"])
def test_a_missing_bundled_file_is_named_in_one_line(monkeypatch, tmp_path, capsys, model):
    monkeypatch.setattr("esam_core.weights.places.asset", tmp_path.joinpath)
    assert available_models() == []
    with pytest.raises(WeightsNotFound) as raised:
        load_segmenter(model)
    expected = f"esam_mini.safetensors: looked in {tmp_path / 'weights'}. It comes with the project"
    assert str(raised.value).startswith(expected)
    photo = str(asset("photos", "000000000285.jpg"))
    command = ["points", photo, "--point", "300,350", "--model", model]
    assert main([*command, "--out", str(tmp_path / "mask.png")]) == 2
    assert capsys.readouterr().err == f"error: {raised.value}\n"
    assert load_segmenter(model, random=True, device="cpu").name == "mini"


def test_files_are_the_packages_own_or_those_of_the_checkout(monkeypatch, tmp_path):
    from esam_core import bundled

    root = Path(bundled.__file__).parents[1]
    assert asset("weights", "a.bin") == root / "assets" / "weights" / "a.bin"
    monkeypatch.setattr(bundled, "files", lambda name: tmp_path / name)
    (tmp_path / "esam_core" / "assets").mkdir(parents=True)
    assert asset("a.bin") == tmp_path / "esam_core" / "assets" / "a.bin"
    (tmp_path / "esam_core" / "assets").rmdir()
    assert asset("a.bin") == root / "assets" / "a.bin"
    monkeypatch.setattr(bundled, "_ROOT", tmp_path / "site-packages")
    assert asset("a.bin") == tmp_path / "esam_core" / "assets" / "a.bin", "named where it should be"
