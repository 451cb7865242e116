"""Pictures show the given masks, prompts and maps, and inputs are not changed."""

import json

import numpy as np
import pytest

from esam_core.errors import InvalidImage
from esam_core.masks import Masks
from esam_core.prompts import Prompt
from esam_core.visualize import (
    HEAT,
    caption,
    cutout,
    draw_box,
    draw_heat,
    draw_masks,
    draw_points,
    draw_prompt,
    heat_ramp,
    hex_code,
    palette,
    panel,
)
from esam_core.visualize.markers import GREEN, RED

RED_INK, BLUE_INK = (255, 0, 0), (0, 0, 255)


def grey(height: int = 60, width: int = 80) -> np.ndarray:
    image = np.full((height, width, 3), 128, np.uint8)
    image.flags.writeable = False  # writing into it fails
    return image


def block(x0: int, y0: int, x1: int, y1: int, height: int = 60, width: int = 80) -> np.ndarray:
    mask = np.zeros((height, width), bool)
    mask[y0:y1, x0:x1] = True
    return mask


def has(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((picture == np.array(colour)).all(-1).any())


def test_mask_is_mixed_inside_and_photo_is_kept_outside():
    picture = draw_masks(
        grey(), block(10, 10, 40, 40), colours=[RED_INK], opacity=0.5, outline=False
    )
    assert picture[20, 20].tolist() == [192, 64, 64]
    assert picture[5, 5].tolist() == [128, 128, 128]


def test_outline_is_in_full_colour_and_inside_the_mask():
    picture = draw_masks(grey(), block(10, 10, 40, 40), colours=[RED_INK], opacity=0)
    assert picture[10, 10].tolist() == list(RED_INK)
    assert picture[25, 25].tolist() == [128, 128, 128]
    assert picture[9, 10].tolist() == [128, 128, 128]


def test_small_mask_lies_on_top_whatever_the_order():
    small, large = block(20, 20, 30, 30), block(0, 0, 80, 60)
    for masks, colours in (
        (np.stack([small, large]), [RED_INK, BLUE_INK]),
        (np.stack([large, small]), [BLUE_INK, RED_INK]),
    ):
        picture = draw_masks(grey(), masks, colours=colours, opacity=1)
        assert picture[25, 25].tolist() == list(RED_INK)


def test_full_empty_and_no_mask_can_be_drawn():
    for masks in (block(0, 0, 80, 60), np.zeros((60, 80), bool), Masks.empty((60, 80))):
        assert draw_masks(grey(), masks).shape == (60, 80, 3)


def test_palette_begins_the_same_and_repeats_no_colour():
    assert palette(3) == palette(60)[:3]
    assert len(set(palette(200))) == 200


def test_points_are_green_and_red_and_have_a_white_edge():
    picture = draw_points(grey(), [(20, 30), (60, 30)], [1, 0])
    assert picture[30, 20].tolist() == list(GREEN)
    assert picture[30, 60].tolist() == list(RED)
    assert picture.max() > 240


def test_point_at_the_border_is_cut_off():
    for at in ((0, 0), (80, 60), (0, 60)):
        assert draw_points(grey(), [at]).shape == (60, 80, 3)


def test_box_frames_its_pixels():
    picture = draw_box(grey(), (10, 12, 50, 40), colour=RED_INK)
    assert has(picture[12:40, 10:50], RED_INK)
    outside = picture.copy()
    outside[12:40, 10:50] = 128
    assert (outside == 128).all()


def test_tiny_box_is_still_seen():
    assert has(draw_box(grey(), (10, 10, 12, 11), colour=RED_INK), RED_INK)


def test_prompt_is_drawn_with_box_and_points():
    picture = draw_prompt(grey(), Prompt.box(5, 5, 70, 50).with_point(20, 20).with_point(50, 30, 0))
    assert has(picture, GREEN) and has(picture, RED)


def test_cold_places_stay_and_hot_ones_are_coloured():
    heat = np.zeros((60, 80), np.float32)
    heat[:, 40:] = 1
    picture = draw_heat(grey(), heat)
    assert (picture[:, :40] == 128).all()
    assert picture[0, 79, 0] > picture[0, 79, 2]


def test_heat_ramp_passes_through_its_stops_and_only_gets_lighter():
    stops = heat_ramp(np.linspace(0, 1, len(HEAT)))
    assert stops.tolist() == [list(colour) for colour in HEAT]
    grey = heat_ramp(np.linspace(0, 1, 50)) @ (0.299, 0.587, 0.114)
    assert (np.diff(grey) > 0).all()


def test_colours_are_plain_numbers_that_the_page_can_read():
    assert json.loads(json.dumps([HEAT, palette(10)])) == [
        [list(colour) for colour in colours] for colours in (HEAT, palette(10))
    ]
    assert hex_code(palette(1)[0]) == "#5b7cfa"


def test_heat_takes_what_is_no_number_as_cold():
    assert (draw_heat(grey(), np.full((60, 80), np.nan)) == 128).all()


def test_cutout_has_one_background():
    picture = cutout(grey(), block(10, 10, 20, 20), background=(1, 2, 3))
    assert picture[0, 0].tolist() == [1, 2, 3]
    assert picture[15, 15].tolist() == [128, 128, 128]


@pytest.mark.parametrize(
    "call",
    [
        lambda: draw_masks(grey(10, 10), block(0, 0, 5, 5)),
        lambda: draw_masks(grey(), np.zeros((60, 80), np.uint8)),
        lambda: draw_masks(grey(), block(0, 0, 5, 5), colours=[]),
        lambda: draw_heat(grey(), np.zeros((5, 5))),
        lambda: cutout(grey(), np.zeros((5, 5), bool)),
        lambda: panel([]),
        lambda: panel([[grey()]], captions=[["a", "b"]]),
    ],
)
def test_what_does_not_fit_together_is_refused(call):
    with pytest.raises(InvalidImage):
        call()


def test_panel_is_a_white_page_of_the_asked_width_with_everything_inside():
    rows = [[grey(), grey(80, 60), grey()], [grey(30, 90)]]
    page = panel(
        rows,
        titles=["photo", "a", "b"],
        captions=[["one", "", "three"], ["a longer text that takes more than a line " * 5]],
        labels=["first", "second"],
        footer="model and seconds",
        width=700,
    )
    assert page.shape[1] == 700
    border = np.concatenate([page[:8].ravel(), page[-8:].ravel(), page[:, :8].ravel()])
    assert (border == 255).all() and (page[:, -8:] == 255).all()


def test_rows_of_one_photo_line_up():
    page = panel([[grey()] * 3, [grey(90, 60)] * 3], width=600)
    inked = (page != 255).any(-1)
    rows = np.flatnonzero(inked.any(1))
    first, last = inked[rows[5]], inked[rows[-5]]
    assert (first == last).all()


def test_caption_names_model_weights_device_and_seconds():
    class ModelInfo:
        title, provenance = "ESAM-mini", "bundled mini, sha256 0123abcd"
        device, precision = "cpu", "bf16"

    text = caption(ModelInfo(), 1.25)
    assert text == "ESAM-mini (bundled mini, sha256 0123abcd), cpu bf16, 1.2 s"
