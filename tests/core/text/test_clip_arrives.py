"""From a download to ranked masks, in Python and on the command line."""

import json

import numpy as np
import pytest

from esam_core import (
    embed_regions,
    load_rgb,
    load_segmenter,
    load_text_encoder,
    propose,
    rank_masks,
)
from esam_core.cli import main
from esam_core.errors import WeightsNotFound


def test_in_python(clip_hub, few_points, dog_file):
    spec, sent = clip_hub
    with pytest.raises(WeightsNotFound):
        load_text_encoder(spec.name, device="cpu")
    assert not sent
    encoder = load_text_encoder(spec.name, device="cpu", download=True)
    assert len(sent) == 1 and encoder.provenance == "open_clip tag openai"
    image = load_rgb(dog_file)
    masks = propose(load_segmenter("mini", device="cpu"), image)
    ranking = rank_masks(embed_regions(image, masks, encoder), ["a dog", "hydrants"], encoder)
    assert ranking.scores.shape == (len(masks), 2) and len(masks) > 1
    for text, order in enumerate(ranking.order):
        assert (np.diff(ranking.similarity[order, text]) <= 0).all()
        assert (np.diff(ranking.scores[order, text]) <= 1).all()
        assert set(ranking.chosen(text)) <= set(ranking.matches(text))
    load_text_encoder(spec.name, device="cpu")
    assert len(sent) == 1


def test_on_the_command_line(clip_hub, few_points, dog_file, tmp_path, capsys):
    spec, sent = clip_hub
    out, report = tmp_path / "dog.png", tmp_path / "dog.json"
    asked = ["text", str(dog_file), "a dog, hydrants", "--out", str(out), "--json", str(report)]
    asked += ["--encoder", spec.name, "--model", "mini", "--device", "cpu", "--threshold", "0"]
    assert main(asked) == 2
    assert "--download" in capsys.readouterr().err and not sent
    assert main([*asked, "--download"]) == 0
    alone = json.loads(report.read_text())
    assert out.is_file() and len(sent) == 1
    assert (alone["encoder"], alone["encoder_provenance"]) == (spec.name, "open_clip tag openai")
    assert [text["text"] for text in alone["texts"]] == ["a dog", "hydrants"]
    assert main([*asked, "--compete"]) == 0
    rivals = json.loads(report.read_text())
    assert (alone["compete"], rivals["compete"]) == (False, True)
    best = [[text["best_score"] for text in run["texts"]] for run in (alone, rivals)]
    assert all(rival < score for score, rival in zip(*best, strict=True))


def test_on_the_command_line_from_a_file_of_openai(
    clip_hub, few_points, dog_file, tmp_path, capsys
):
    from tests.support.tiny_clip import save_as_openai

    spec, sent = clip_hub
    weights = tmp_path / "ViT-B-32.pt"
    save_as_openai(spec, weights)
    asked = ["text", str(dog_file), "a dog", "--out", str(tmp_path / "dog.png"), "--model", "mini"]
    asked += ["--encoder", spec.name, "--encoder-weights", str(weights), "--threshold", "0"]
    assert main([*asked, "--device", "cpu"]) == 0
    assert "CLIP ViT-B/32 (file ViT-B-32.pt)" in capsys.readouterr().out and not sent
