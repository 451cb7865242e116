"""Every kind of network in the table of encoders, in small, is built as it was published."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch

from esam_core.errors import InvalidSettings, WeightsMismatch
from esam_core.text import load_text_encoder
from tests.support.hub import serve_hub
from tests.support.tiny_clip import published, save_as_openai, shrink

CROPS = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3)).astype(np.uint8)


@pytest.fixture
def openai(monkeypatch, tmp_path):
    """The row ViT-B-32 in small, and its file."""
    spec = shrink(monkeypatch, "ViT-B-32")
    path = tmp_path / "open_clip_model.safetensors"
    path.write_bytes(published(spec))
    return spec, path


def load(name, path):
    return load_text_encoder(name, weights=path, device="cpu", precision="fp32")


def expected(spec, path, *, quick_gelu):
    """Encode the crops by open_clip itself, with the means that OpenAI published."""
    import open_clip

    model = open_clip.create_model(spec.model, pretrained=str(path), quick_gelu=quick_gelu).eval()
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (MEAN, STD))
    with torch.inference_mode():
        pixels = (torch.tensor(CROPS).permute(0, 3, 1, 2) / 255 - mean) / std
        return model.encode_image(pixels, normalize=True).numpy()


MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


@pytest.mark.parametrize("name", ["ViT-B-32", "ViT-L-14"])
def test_a_model_of_openai_computes_with_quick_gelu(name, monkeypatch, tmp_path):
    from open_clip.transformer import QuickGELU

    spec, path = shrink(monkeypatch, name), tmp_path / "weights.safetensors"
    path.write_bytes(published(spec))
    encoder = load(name, path)
    kinds = {type(m) for m in encoder._model.modules() if type(m).__name__.endswith("GELU")}
    assert kinds == {QuickGELU}
    found = encoder.encode_crops(CROPS)
    assert found == pytest.approx(expected(spec, path, quick_gelu=True), abs=1e-5)
    assert found != pytest.approx(expected(spec, path, quick_gelu=False), abs=1e-5)


@pytest.mark.parametrize(
    ("version", "fine"), [("2.28.0", False), ("2.29.0", True), ("3.3.0", True)]
)
def test_an_open_clip_without_quick_gelu_is_refused(version, fine, openai, monkeypatch):
    monkeypatch.setattr("open_clip.__version__", version)
    if fine:
        assert load("ViT-B-32", openai[1]).name == "ViT-B-32"
        return
    with pytest.raises(InvalidSettings, match=r"2\.28\.0 is too old.*open_clip_torch>=2\.29"):
        load("ViT-B-32", openai[1])


def test_requirements_ask_for_what_loading_asks_for():
    from esam_core.text.clip import OLDEST

    lines = Path(__file__).parents[3].joinpath("requirements.txt").read_text().splitlines()
    assert f"open_clip_torch>={OLDEST[0]}.{OLDEST[1]}" in lines


def test_the_archive_that_openai_published_gives_the_same_model(openai, tmp_path):
    spec, path = openai
    archive = tmp_path / "ViT-B-32.pt"
    save_as_openai(spec, archive)
    encoder, same = load("ViT-B-32", archive), load("ViT-B-32", path)
    assert encoder.provenance == "file ViT-B-32.pt"
    text = encoder.parse("a dog")
    assert encoder.encode_crops(CROPS) == pytest.approx(same.encode_crops(CROPS), abs=2e-3)
    assert encoder.encode_texts([text]) == pytest.approx(same.encode_texts([text]), abs=2e-3)


def test_an_archive_whose_weights_are_used_is_not_called_random(openai, tmp_path, caplog):
    archive = tmp_path / "ViT-B-32.pt"
    save_as_openai(openai[0], archive)
    caplog.clear()
    load("ViT-B-32", archive)
    assert "randomly" not in caplog.text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello", "nothing in it was run"),
        (b"", "nothing in it was run"),
        (pickle.dumps(Path, protocol=2), "nothing in it was run"),
        (b"<html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
    ],
)
def test_a_file_of_something_else_is_one_line_without_advice_to_run_it(
    openai, tmp_path, content, said
):
    file = tmp_path / "weights.pt"
    file.write_bytes(content)
    with pytest.raises(WeightsMismatch) as refused:
        load("ViT-B-32", file)
    message = str(refused.value)
    assert said in message and "\n" not in message and "weights_only" not in message


def test_the_archive_of_another_model_is_refused(openai, monkeypatch, tmp_path):
    spec, archive = openai[0], tmp_path / "ViT-B-32.pt"
    save_as_openai(spec, archive)
    with pytest.raises(WeightsMismatch, match=r"ViT-B-32\.pt does not hold.*MobileCLIP"):
        shrink(monkeypatch, "MobileCLIP-S2")
        load("MobileCLIP-S2", archive)
    deeper = shrink(monkeypatch, "ViT-B-32")
    import open_clip

    open_clip.factory._MODEL_CONFIGS[deeper.model]["text_cfg"]["layers"] = 2
    save_as_openai(deeper, archive)
    shrink(monkeypatch, "ViT-B-32")
    with pytest.raises(WeightsMismatch, match="does not hold the weights of CLIP ViT-B/32"):
        load("ViT-B-32", archive)


def test_mobileclip_is_built_with_its_kind_of_network(monkeypatch, tmp_path):
    spec, path = shrink(monkeypatch, "MobileCLIP-S2"), tmp_path / "weights.safetensors"
    path.write_bytes(published(spec))
    encoder = load("MobileCLIP-S2", path)
    crops = np.resize(CROPS, (2, encoder.input_size, encoder.input_size, 3))
    assert np.linalg.norm(encoder.encode_crops(crops), axis=1) == pytest.approx(1, abs=1e-5)
    assert encoder.encode_texts([encoder.parse("a dog")]).shape == (1, 16)
    assert tuple(encoder._mean) == (0, 0, 0) and tuple(encoder._std) == (1, 1, 1)


def test_siglip_is_fetched_with_its_tokenizer_and_built_with_its_kind_of_network(
    monkeypatch, tmp_path
):
    pytest.importorskip("transformers")
    spec = shrink(monkeypatch, "SigLIP")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    files = {(spec.repository, "open_clip_model.safetensors"): published(spec)}
    files |= {(spec.tokenizer, name): body for name, body in tokenizer_files(tmp_path).items()}
    with serve_hub(files) as (address, _):
        monkeypatch.setenv("HF_ENDPOINT", address)
        load_text_encoder("SigLIP", device="cpu", precision="fp32", download=True)
    encoder = load_text_encoder("SigLIP", device="cpu", precision="fp32")  # now without the hub
    crops = np.resize(CROPS, (2, encoder.input_size, encoder.input_size, 3))
    assert np.linalg.norm(encoder.encode_crops(crops), axis=1) == pytest.approx(1, abs=1e-5)
    dog, cat = encoder.encode_texts([encoder.parse("a dog"), encoder.parse("a cat")])
    assert dog != pytest.approx(cat)


def tokenizer_files(folder):
    """Make a tokenizer of five words, as the hub keeps it."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import PreTrainedTokenizerFast

    words = ("<pad>", "<unk>", "photo", "dog", "cat")
    model = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    model.pre_tokenizer = Whitespace()
    made = PreTrainedTokenizerFast(tokenizer_object=model, pad_token="<pad>", unk_token="<unk>")
    made.save_pretrained(folder / "tokenizer")
    files = {path.name: path.read_bytes() for path in (folder / "tokenizer").iterdir()}
    return {**files, "config.json": b'{"model_type": "siglip"}'}  # transformers looks for it
