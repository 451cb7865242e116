"""CLIP models load, give the results of open_clip, and fail with helpful errors."""

import re
import shlex

import numpy as np
import pytest

from esam_core.cli import build_parser
from esam_core.errors import DownloadFailed, UnknownModel, WeightsMismatch, WeightsNotFound
from esam_core.text import (
    TEXT_ENCODERS,
    CropSettings,
    ParsedText,
    embed_regions,
    load_text_encoder,
    rank_masks,
)
from esam_core.text.clip import ClipEncoder, load_clip
from esam_core.text.clip_weights import load_tokenizer
from tests.support.tiny_clip import SPEC, save_tiny_clip


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
    regions = embed_regions(*scene, encoder, CropSettings(crops=("masked_crop", "box_crop")))
    assert np.linalg.norm(regions.embeddings, axis=1) == pytest.approx(1, abs=1e-5)
    assert regions.embeddings.shape == (3, 16)
    ranking = rank_masks(regions, ["a dog", "the cats"], encoder, threshold=0)
    assert np.isfinite(ranking.scores).all()
    assert (np.abs(ranking.similarity) <= 1 + 1e-5).all()
    assert [text.plural for text in ranking.texts] == [False, True]


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
        expected_text = model.encode_text(tokens, normalize=True)[0].numpy()
    assert encoder.encode_crops(small[None])[0] == pytest.approx(expected, abs=1e-5)
    plain = ClipEncoder(
        SPEC, model, open_clip.get_tokenizer(SPEC.model), "test", templates=["a photo of a {}."]
    )
    assert plain.encode_texts([ParsedText("dog", "dog")])[0] == pytest.approx(
        expected_text, abs=1e-5
    )


@pytest.mark.parametrize("autocast", [False, True])
def test_clip_in_half_precision_points_the_same_way(tiny, bear, monkeypatch, autocast):
    if autocast:
        monkeypatch.setattr("esam_core.devices.CASTING", frozenset())
    exact, fast = (
        load_clip(SPEC, weights=tiny, device="cpu", precision=p) for p in ("fp32", "bf16")
    )
    crops = np.stack([bear[0][:32, :32], bear[0][300:332, 300:332]])
    texts = [exact.parse("bear"), exact.parse("two dogs")]
    assert (exact.encode_crops(crops) * fast.encode_crops(crops)).sum(-1).min() > 0.999
    assert (exact.encode_texts(texts) * fast.encode_texts(texts)).sum(-1).min() > 0.999


def test_templates_are_averaged(tiny):
    encoder = load_clip(SPEC, weights=tiny, device="cpu")
    (row,) = encoder.encode_texts([encoder.parse("dog")])
    assert np.linalg.norm(row) == pytest.approx(1)
    one = ClipEncoder(SPEC, encoder._model, encoder._tokenizer, "test", templates=["{}"])
    assert one.encode_texts([one.parse("dog")])[0] != pytest.approx(row)


@pytest.mark.parametrize("text", ["😀 " * 60, "狗", "<b>dog</b>", "{} {0} {x}", "dog " * 40])
def test_clip_reads_any_text(tiny, text):
    encoder = load_clip(SPEC, weights=tiny, device="cpu")
    assert np.isfinite(encoder.encode_texts([encoder.parse(text)])).all()


@pytest.mark.parametrize("name", ["ViT-B-32", "ViT-L-14", "MobileCLIP-S2", "SigLIP"])
def test_absent_clip_says_how_to_get_it(name, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsNotFound, match=f"--encoder {name} --download"):
        load_text_encoder(name)


def test_offline_switch_of_the_hub_is_respected(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(DownloadFailed, match="HF_HUB_OFFLINE"):
        load_text_encoder("ViT-B-32", download=True)


def test_a_missing_connection_is_reported_at_once(monkeypatch):
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


@pytest.mark.parametrize("name", ["ViT-B-32", "ViT-L-14", "MobileCLIP-S2", "SigLIP"])
def test_advice_for_an_absent_clip_is_a_command_that_works_as_it_is(name, monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsNotFound) as refusal:
        load_text_encoder(name)
    (line,) = re.findall(r"`python -m esam_core ([^`]+)`", str(refusal.value))
    args = build_parser().parse_args(shlex.split(line))
    assert (args.encoder, args.download) == (name, True)
    assert args.out and args.text == "a dog"


def test_advice_for_an_absent_tokenizer_is_the_same_command(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsNotFound, match="tokenizer") as refusal:
        load_tokenizer(TEXT_ENCODERS["SigLIP"], download=False)
    (line,) = re.findall(r"`python -m esam_core ([^`]+)`", str(refusal.value))
    assert build_parser().parse_args(shlex.split(line)).encoder == "SigLIP"


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_clip_runs_in_the_precision_asked_for(tiny, precision):
    encoder = load_clip(SPEC, weights=tiny, device="cpu", precision=precision)
    assert (encoder.device, encoder.precision) == ("cpu", precision)


def test_clip_encodes_more_crops_than_one_batch(tiny):
    encoder = load_clip(SPEC, weights=tiny, device="cpu", precision="fp32")
    crops = np.random.default_rng(0).integers(0, 256, (20, 32, 32, 3)).astype(np.uint8)
    rows = encoder.encode_crops(crops)
    assert rows.shape == (20, 16)
    assert rows[17] == pytest.approx(encoder.encode_crops(crops[17:18])[0], abs=1e-5)
