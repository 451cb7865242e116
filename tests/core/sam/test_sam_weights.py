"""SAM's weights are found in every place, fetched when asked for, and never replaced in silence."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace

import numpy as np
import pytest

from esam_core import (
    MODELS,
    DownloadFailed,
    MissingPackage,
    Prompt,
    WeightsMismatch,
    WeightsNotFound,
    asset,
    available_models,
    load_segmenter,
    preset,
)
from esam_core.cli import main
from esam_core.modeling.config import SamSize
from esam_core.sam.compat import sam_model_registry
from esam_core.weights import find_weights
from tests.support.hub import COMMIT, serve_hub
from tests.support.small import blocks, save_tiny_sam

transformers = pytest.importorskip("transformers")

SAM = MODELS["sam_vit_b"]
CPU = {"device": "cpu", "precision": "fp32"}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A folder of models, with one called sam_vit_b that ``save_pretrained`` wrote."""
    folder = tmp_path_factory.mktemp("models")
    save_tiny_sam(folder / "sam_vit_b")
    return folder


@pytest.fixture
def copy(saved, tmp_path):
    """The same folder, to be damaged."""
    return shutil.copytree(saved / "sam_vit_b", tmp_path / "copy" / "sam_vit_b")


@pytest.fixture(autouse=True)
def own_places(monkeypatch, tmp_path):
    monkeypatch.delenv("ESAM_WEIGHTS", raising=False)
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture
def hub(saved, monkeypatch):
    """hub(**options) -> the paths sent so far; it serves the saved folder as SAM ViT-B."""
    files = {
        (SAM.weights.repository, path.name): path.read_bytes()
        for path in (saved / "sam_vit_b").iterdir()
    }
    with ExitStack() as stack:

        def serve(files=files, **options):
            address, sent = stack.enter_context(serve_hub(files, **options))
            monkeypatch.setenv("HF_ENDPOINT", address)
            return sent

        yield serve


def masks_of(segmenter):
    masks = segmenter.predict(segmenter.embed(blocks(60, 80)), Prompt.point(30, 20))
    assert masks.data.shape == (3, 60, 80)
    return masks.low_res_logits


def test_a_download_that_was_asked_for_leads_to_masks(hub, saved, capsys):
    sent = hub()
    assert "sam_vit_b" not in available_models()
    with pytest.raises(WeightsNotFound, match=r"weights download sam_vit_b` \(375 MB\)"):
        load_segmenter("sam_vit_b")
    assert sent == []
    assert main(["weights", "download", "sam_vit_b"]) == 0
    shown = capsys.readouterr()
    origin = f"facebook/sam-vit-base, revision {COMMIT[:8]}"
    assert f"sam_vit_b: {origin}: " in shown.out and "sam_vit_b" in shown.err  # the bar
    assert (
        len(sent) == 2 and sent[1] == f"/facebook/sam-vit-base/resolve/{COMMIT}/model.safetensors"
    )
    assert available_models() == ["mini", "sam_vit_b"]
    loaded = load_segmenter("sam_vit_b", **CPU)
    assert (loaded.name, loaded.title, loaded.provenance) == ("sam_vit_b", "SAM ViT-B", origin)
    given = load_segmenter("sam_vit_b", weights=saved / "sam_vit_b", **CPU)
    np.testing.assert_array_equal(masks_of(loaded), masks_of(given))
    assert main(["weights", "verify", "sam_vit_b"]) == 0 and len(sent) == 2
    assert main(["weights"]) == 0
    listed = capsys.readouterr().out
    assert f"sam_vit_b          present ({origin})" in listed
    assert "sam_vit_h          not here" in listed
    assert "2564.4 MB, by the hub's client from\n" in listed
    assert "https://huggingface.co/facebook/sam-vit-huge" in listed


def test_loading_downloads_if_it_may(hub):
    sent = hub()
    assert load_segmenter("sam_vit_b", download=True, **CPU).provenance.startswith("facebook/")
    assert len(sent) == 2
    load_segmenter("sam_vit_b", download=True, **CPU)
    assert len(sent) == 2


def test_a_download_can_go_to_a_folder(hub, tmp_path, capsys, monkeypatch):
    hub()
    assert main(["weights", "download", "sam_vit_b", "--folder", str(tmp_path / "mine")]) == 0
    assert "folder, sha256 " in capsys.readouterr().out
    assert "sam_vit_b" not in available_models()
    monkeypatch.setenv("ESAM_WEIGHTS", str(tmp_path / "mine"))
    assert available_models() == ["mini", "sam_vit_b"]


def test_a_hub_that_refuses_or_lacks_the_model_says_what_to_do(hub, capsys):
    with pytest.raises(DownloadFailed, match="no connection to http://127.0.0.1:9"):
        load_segmenter("sam_vit_b", download=True)
    hub(gated=[SAM.weights.repository])
    with pytest.raises(DownloadFailed, match="accept their terms first.*hf auth login"):
        load_segmenter("sam_vit_b", download=True)
    hub(files={})
    assert main(["weights", "download", "sam_vit_b"]) == 2
    assert "SAM ViT-B could not be downloaded" in capsys.readouterr().err
    assert "sam_vit_b" not in available_models()


def test_half_of_a_download_is_not_a_model(hub, saved):
    body = (saved / "sam_vit_b" / "config.json").read_bytes()
    hub(files={(SAM.weights.repository, "config.json"): body})
    with pytest.raises(DownloadFailed):
        load_segmenter("sam_vit_b", download=True)
    assert find_weights(SAM.weights) is None


def test_a_damaged_file_in_the_hubs_cache_is_noticed(hub, capsys):
    hub()
    assert main(["weights", "download", "sam_vit_b"]) == 0
    file = (find_weights(SAM.weights) / "model.safetensors").resolve()
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert main(["weights", "verify", "sam_vit_b"]) == 2
    assert "is not what facebook/sam-vit-base published" in capsys.readouterr().err


@pytest.mark.parametrize("variable", ["ESAM_WEIGHTS", "ESAM_CACHE"])
def test_a_folder_of_its_name_is_found_in_the_usual_places(monkeypatch, saved, variable):
    monkeypatch.setenv(variable, str(saved))
    assert available_models() == ["mini", "sam_vit_b"]
    assert load_segmenter("sam_vit_b", **CPU).provenance.startswith("folder, sha256 ")
    assert load_segmenter(**CPU).name == "mini", "auto is never SAM"
    assert preset("fast", "sam_vit_b").pred_iou_thresh == 0.88
    assert preset("quality", "sam_vit_b").stability_score_thresh == 0.95
    if variable == "ESAM_WEIGHTS":
        monkeypatch.setenv(variable, str(saved / "sam_vit_b"))
        assert available_models() == ["mini", "sam_vit_b"]


@pytest.mark.parametrize("below", ["", "sam_vit_b"])
def test_a_folder_is_named_itself_or_by_where_it_lies(saved, below):
    segmenter = load_segmenter("sam_vit_b", weights=saved / below, **CPU)
    assert segmenter.provenance.startswith("folder, sha256 ")
    assert segmenter.understands_background and segmenter.understands_mask_input
    assert not segmenter.quick


def test_the_tutorials_names_are_sams_sizes(saved):
    sam = sam_model_registry["vit_b"](checkpoint=saved)
    assert sam.segmenter.title == "SAM ViT-B"
    assert {"vit_h", "vit_l"} < set(sam_model_registry)


def test_compiling_is_for_the_image_encoder(saved):
    segmenter = load_segmenter("sam_vit_b", weights=saved, compiled=True, **CPU)
    assert segmenter.network.vision_encoder._compiled_call_impl is not None


def test_named_places_are_never_replaced(monkeypatch, saved, copy, tmp_path):
    shutil.copytree(saved, tmp_path / "cache")  # there would be one
    with pytest.raises(WeightsNotFound, match="nowhere does not exist"):
        load_segmenter("sam_vit_b", weights=tmp_path / "nowhere")
    with pytest.raises(WeightsNotFound, match="no folder with config.json and model.safetensors"):
        load_segmenter("sam_vit_b", weights=copy / "config.json")
    monkeypatch.setenv("ESAM_WEIGHTS", str(tmp_path / "nowhere"))
    with pytest.raises(WeightsNotFound, match="nowhere, which does not exist"):
        load_segmenter("sam_vit_b")
    monkeypatch.setenv("ESAM_WEIGHTS", str(copy.parent))
    (copy / "model.safetensors").unlink()
    for ask in (available_models, lambda: load_segmenter("sam_vit_b")):
        with pytest.raises(WeightsNotFound, match="ESAM_WEIGHTS names"):
            ask()


@pytest.mark.parametrize("name", ["pytorch_model.bin", "sam_vit_b_01ec64.pth"])
def test_weights_in_another_layout_are_named_with_the_way_to_get_them(saved, tmp_path, name):
    shutil.copy(saved / "sam_vit_b" / "config.json", tmp_path)
    (tmp_path / name).write_bytes(b"pickled")
    for place in (tmp_path, tmp_path / name):
        with pytest.raises(WeightsNotFound, match=f"{name}: a pickled.*not read.*download sam_vit"):
            load_segmenter("sam_vit_b", weights=place)


def test_the_list_says_why_a_named_folder_cannot_be_used(copy, monkeypatch, capsys):
    monkeypatch.setenv("ESAM_WEIGHTS", str(copy.parent))
    assert main(["weights"]) == 0
    assert "wrong: " not in capsys.readouterr().out
    (copy / "model.safetensors").unlink()
    assert main(["weights"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(f"wrong: ESAM_WEIGHTS names {copy.parent}, but {copy} has no model.")


def test_a_folder_without_the_name_of_its_model_does_not_ask_to_install_again(saved):
    with pytest.raises(WeightsNotFound, match="say which model the weights are of.*--model"):
        load_segmenter(weights=saved)


def test_half_a_folder_in_the_cache_is_none(copy, monkeypatch):
    monkeypatch.setenv("ESAM_CACHE", str(copy.parent))
    assert "sam_vit_b" in available_models()
    (copy / "config.json").unlink()
    assert "sam_vit_b" not in available_models()


def test_another_network_or_a_broken_file_is_refused(copy, monkeypatch):
    def refused(match):
        with pytest.raises(WeightsMismatch, match=match):
            load_segmenter("sam_vit_b", weights=copy, **CPU)

    tiny = SamSize(16, 1, 2, (0,))
    monkeypatch.setitem(MODELS, "sam_vit_l", replace(MODELS["sam_vit_l"], config=tiny))
    refused("holds SAM ViT-L, not SAM ViT-B. Choose the model sam_vit_l")
    weights = copy / "model.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    refused("does not hold the weights of SAM ViT-B")
    weights.write_bytes(whole)
    config = json.loads((copy / "config.json").read_text())
    deeper = {**config, "vision_config": {**config["vision_config"], "num_hidden_layers": 2}}
    (copy / "config.json").write_text(json.dumps(deeper))
    refused(r"lacks \d+ parameters of SAM ViT-B, such as vision_encoder.layers.1")
    (copy / "config.json").write_text(json.dumps({**config, "model_type": "sam2"}))
    refused("network of the type 'sam2', and SAM ViT-B is of the type 'sam'")
    (copy / "config.json").write_text("[]")
    refused("no configuration of transformers")


def test_without_transformers_everything_else_works_and_it_is_named(
    monkeypatch, saved, tmp_path, capsys
):
    monkeypatch.setenv("ESAM_CACHE", str(saved))
    monkeypatch.setitem(sys.modules, "transformers", None)
    assert available_models() == ["mini"]
    advice = "SAM ViT-B needs transformers.*pip install -r requirements-sam.txt"
    with pytest.raises(MissingPackage, match=advice):
        load_segmenter("sam_vit_b")
    assert main(["weights", "download", "sam_vit_b"]) == 2
    assert main(["weights"]) == 0
    shown = capsys.readouterr()
    assert "pip install -r requirements-sam.txt" in shown.err
    assert shown.out.count("needs transformers: pip install -r requirements-sam.txt") == 3
    photo = str(asset("photos", "000000000285.jpg"))
    out = str(tmp_path / "m.png")
    assert main(["points", photo, "--point", "300,350", "--model", "mini", "--out", out]) == 0


def test_listing_the_models_imports_neither_torch_nor_transformers(saved):
    code = (
        "import sys; from esam_core import available_models; print(available_models(), "
        "sorted({'torch', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ESAM_WEIGHTS": str(saved)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "['mini', 'sam_vit_b'] []\n"


def test_commands_take_it_by_name(monkeypatch, saved, tmp_path, capsys):
    monkeypatch.setenv("ESAM_CACHE", str(saved))
    photo, out = str(asset("photos", "000000000285.jpg")), str(tmp_path / "out.png")
    click = [photo, "--point", "300,350", "--out", out, "--device", "cpu", "--precision", "fp32"]
    assert main(["points", *click, "--model", "sam_vit_b", "--box", "40,60,500,620"]) == 0
    assert main(["compare", *click]) == 0, "all models that are here"
    assert "sam_vit_b (folder, sha256 " in capsys.readouterr().out


def test_onnx_files_are_written_of_this_projects_networks(saved, tmp_path, capsys):
    command = ["onnx", "sam_vit_b", "--weights", str(saved), "--out", str(tmp_path / "onnx")]
    assert main(command) == 2
    assert "SAM ViT-B has a network of another library" in capsys.readouterr().err
