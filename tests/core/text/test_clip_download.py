"""A CLIP model is fetched from a hub into its cache, with progress, and then loads offline."""

from dataclasses import replace

import pytest

from esam_core.errors import DownloadFailed
from esam_core.text import TEXT_ENCODERS, download_clip, is_present, missing_packages
from esam_core.text.clip_weights import cached_weights, load_tokenizer
from tests.support.hub import serve_hub

SPEC = TEXT_ENCODERS["ViT-B-32"]
WEIGHTS = (SPEC.repository, "open_clip_model.safetensors")
OLD = (SPEC.repository, "open_clip_pytorch_model.bin")


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.fixture
def hub(monkeypatch):
    """serve(files) -> the paths that were sent."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def serve(files):
            address, sent = stack.enter_context(serve_hub(files))
            monkeypatch.setenv("HF_ENDPOINT", address)
            return sent

        yield serve


def test_weights_arrive_with_progress_and_are_then_present(hub):
    body, steps = bytes(range(256)) * 4000, []
    sent = hub({WEIGHTS: body})
    assert not is_present(SPEC)
    path = download_clip(SPEC, progress=lambda *step: steps.append(step))
    assert path.read_bytes() == body and path == cached_weights(SPEC)
    assert steps[-1] == (len(body), len(body))
    assert is_present(SPEC) and len(sent) == 1
    download_clip(SPEC)
    assert len(sent) == 1


def test_a_repository_with_the_old_kind_of_file_is_read_too(hub):
    hub({OLD: b"weights"})
    assert download_clip(SPEC).read_bytes() == b"weights"


def test_a_hub_without_the_weights_is_an_error_and_nothing_is_present(hub):
    hub({})
    with pytest.raises(DownloadFailed, match=r"CLIP ViT-B/32 could not be downloaded"):
        download_clip(SPEC)
    assert not is_present(SPEC)


def test_the_tokenizer_belongs_to_what_must_be_there(hub):
    spec = TEXT_ENCODERS["SigLIP"]
    hub({(spec.repository, "open_clip_model.safetensors"): b"weights"})
    download_clip(replace(spec, tokenizer=""))
    assert is_present(replace(spec, tokenizer="")) and not is_present(spec)


def test_a_tokenizer_is_read_from_the_cache_without_asking_the_hub(hub, monkeypatch):
    from huggingface_hub import get_session
    from huggingface_hub.errors import OfflineModeIsEnabled

    hub({})
    spec = TEXT_ENCODERS["SigLIP"]
    monkeypatch.setattr("esam_core.text.clip_weights._has_tokenizer", lambda spec: True)

    def ask(name):
        get_session().get("http://127.0.0.1:9/")

    monkeypatch.setattr("open_clip.get_tokenizer", ask)
    with pytest.raises(DownloadFailed) as failed:
        load_tokenizer(spec, download=False)
    assert isinstance(failed.value.__cause__, OfflineModeIsEnabled)


def test_packages_that_are_not_installed_are_named():
    assert missing_packages(SPEC) == []
    assert missing_packages(replace(SPEC, needs=("torch", "no_such_package"))) == [
        "no_such_package"
    ]


def test_rows_name_the_repositories_that_open_clip_reads():
    import open_clip

    for spec in TEXT_ENCODERS.values():
        if spec.model:
            recipe = open_clip.get_pretrained_cfg(spec.model, spec.pretrained)
            text = open_clip.get_model_config(spec.model)["text_cfg"]
            assert spec.repository == recipe["hf_hub"].rstrip("/")
            assert spec.tokenizer == text.get("hf_tokenizer_name", "")
