"""The clicks of the prompt evaluation are placed as defined, and its table is printed."""

import numpy as np
import pytest

from esam_core import asset
from esam_core.cli import main
from esam_core.evaluation.prompts import score_grabcut
from esam_core.evaluation.targets import PromptTarget, next_click, prompt_targets
from esam_core.geometry import interior_point


def block(x0, y0, x1, y1, height=40, width=60):
    mask = np.zeros((height, width), bool)
    mask[y0:y1, x0:x1] = True
    return mask


@pytest.mark.parametrize(
    ("mask", "point"),
    [
        (block(10, 10, 21, 21), (15.5, 15.5)),
        (block(5, 5, 6, 6), (5.5, 5.5)),
        (np.ones((3, 3), bool), (1.5, 1.5)),
        (block(0, 0, 30, 3) | block(40, 5, 60, 35), (49.5, 14.5)),
    ],
)
def test_click_lands_in_the_most_interior_place(mask, point):
    assert np.abs(np.subtract(interior_point(mask), point)).max() <= 5
    x, y = interior_point(mask)
    assert mask[int(y), int(x)]


def test_ring_is_clicked_on_its_band():
    ring = block(5, 5, 35, 35) & ~block(12, 12, 28, 28)
    x, y = interior_point(ring)
    assert ring[int(y), int(x)]


def test_empty_mask_has_no_interior():
    assert interior_point(np.zeros((4, 4), bool)) is None


def test_next_click_adds_what_is_missing_and_removes_what_is_too_much():
    truth = block(10, 10, 40, 30)
    missed = next_click(block(10, 10, 20, 30), truth)
    assert missed.label == 1 and 20 < missed.point[0] < 40
    extra = next_click(block(10, 0, 60, 40), truth)
    assert extra.label == 0 and not truth[int(extra.point[1]), int(extra.point[0])]
    assert next_click(truth, truth) is None
    assert next_click(block(10, 10, 20, 30), truth, ignored=block(20, 0, 60, 40)) is None


def test_only_objects_larger_than_the_share_count():
    chosen = list(prompt_targets(asset("photos"), 0.3))
    assert 0 < len(chosen) < len(list(prompt_targets(asset("photos"), 0.1)))
    assert all(target.truth.mean() > 0.3 for target in chosen)


def test_grabcut_finds_a_plain_square_and_survives_a_box_as_large_as_the_photo():
    pytest.importorskip("cv2")
    image = np.full((40, 60, 3), 40, np.uint8)
    truth = block(15, 10, 45, 30)
    image[truth] = (220, 60, 30)
    assert score_grabcut(PromptTarget(image, truth, (12, 7, 48, 33)))["box"] > 0.9
    assert score_grabcut(PromptTarget(image, truth, (0, 0, 60, 40)))["box"] > 0


def test_table_has_a_row_per_model_and_names_the_weights(capsys):
    command = ["eval", "prompts", "--data", str(asset("photos")), "--models", "mini"]
    assert main([*command, "--limit", "1", "--no-grabcut"]) == 0
    printed = capsys.readouterr().out
    assert "1 objects" in printed or "1 object" in printed
    assert "| ESAM-mini (bundled mini, sha256" in printed


def test_missing_objects_and_missing_data_are_reported(tmp_path, capsys):
    assert main(["eval", "prompts", "--data", str(tmp_path), "--models", "mini"]) == 2
    assert "photos.json" in capsys.readouterr().err
