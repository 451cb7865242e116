"""Each model that is here gets a column: ours, and SAM once transformers and weights are there."""

import pytest

from esam_core.figures import load_models
from esam_core.figures.noise import fig5_noise
from esam_core.figures.points import fig2_box_prompts
from tests.support.small import save_tiny_sam

pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with weights of a SAM ViT-B, tiny and random, as ``save_pretrained`` writes them."""
    folder = tmp_path_factory.mktemp("weights")
    save_tiny_sam(folder / "sam_vit_b")
    return folder


@pytest.fixture(scope="module")
def models(folder):
    return load_models("auto", weights=folder, device="cpu", precision="fp32")


def test_a_folders_models_come_beside_those_that_are_here(models, folder):
    assert [model.name for model in models] == ["mini", "sam_vit_b"]
    assert models[1].provenance.startswith("folder, sha256 ")
    one = load_models("sam_vit_b", weights={"sam_vit_b": folder}, device="cpu", precision="fp32")
    assert [model.name for model in one] == ["sam_vit_b"]


def test_noise_is_shown_in_sams_mask_too(models):
    figure = fig5_noise(models, [("555705", 2)])
    titles = [ax.get_title() for ax in figure.axes]
    assert titles == ["photo and box", "ESAM-mini", "SAM ViT-B", "cleaned up"]
    notes = [ax.get_xlabel() for ax in figure.axes]
    assert notes[0] == "cat" and all("holes" in note.replace("\n", " ") for note in notes[1:])
    assert models[1].provenance in figure.caption and "stands in" not in figure.caption


def test_boxes_of_a_photo_have_a_column_for_each(models):
    figure = fig2_box_prompts(models, ["555705"], top=1)
    assert [ax.get_title() for ax in figure.axes][1:] == ["ESAM-mini", "SAM ViT-B"]
