"""Cleaning does what its settings say and never removes everything."""

import numpy as np
import pytest

from esam_core import CleanUp, InvalidSettings
from esam_core.cleanup import clean_up


@pytest.fixture
def mask():
    mask = np.zeros((60, 80), bool)
    mask[10:40, 10:40] = True  # 900 pixels
    mask[20:23, 20:23] = False  # a hole of 9
    mask[25:35, 25:35] = False  # a hole of 100
    mask[50:53, 60:63] = True  # a speck of 9
    mask[50:56, 70:78] = True  # a piece of 48
    return mask


def test_nothing_changes_by_default(mask):
    np.testing.assert_array_equal(clean_up(mask, CleanUp()), mask)


def test_only_the_largest_piece_stays(mask):
    cleaned = clean_up(mask, CleanUp(largest=True))
    assert not cleaned[45:].any()
    np.testing.assert_array_equal(cleaned[:45], mask[:45])


def test_holes_and_specks_go_by_their_own_sizes(mask):
    holes = clean_up(mask, CleanUp(holes=50))
    assert holes[21, 21] and not holes[30, 30] and holes[51, 61]
    specks = clean_up(mask, CleanUp(specks=20))
    assert not specks[51, 61] and specks[52, 72] and not specks[21, 21]
    both = clean_up(mask, CleanUp(holes=200, specks=50))
    assert both[10:40, 10:40].all() and not both[45:].any()


def test_a_smooth_edge_loses_teeth_and_keeps_the_area():
    mask = np.zeros((60, 80), bool)
    mask[20:50, 10:60] = True
    mask[18:20, 10:60:4] = True
    smooth = clean_up(mask, CleanUp(smooth=3))
    assert not smooth[18].any()
    assert abs(smooth.sum() - mask.sum()) < 0.06 * mask.sum()


def test_a_mask_is_never_cleaned_to_nothing():
    dot = np.zeros((30, 30), bool)
    dot[15, 15] = True
    for settings in (CleanUp(specks=1000), CleanUp(smooth=9), CleanUp(largest=True)):
        assert clean_up(dot, settings).any()
    empty = np.zeros((30, 30), bool)
    assert not clean_up(empty, CleanUp(True, 9, 9, 2.0)).any()


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"largest": 1}, "true or false"),
        ({"holes": -1}, "whole number"),
        ({"specks": 2.5}, "whole number"),
        ({"smooth": float("nan")}, "radius"),
        ({"smooth": 1000}, "radius"),
        ({"edges": 1}, "no setting"),
    ],
)
def test_other_settings_are_refused(record, message):
    with pytest.raises(InvalidSettings, match=message):
        CleanUp.from_json(record)


def test_settings_survive_json():
    settings = CleanUp(True, 200, 50, 2.0)
    assert CleanUp.from_json(settings.to_json()) == settings
