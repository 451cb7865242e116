"""Grid evaluation counts found objects and the masks of the full grid that are found again."""

import numpy as np

from esam_core import asset
from esam_core.cli import main
from esam_core.evaluation import everything
from esam_core.masks import Masks
from tests.support.evaluation import SCENE, square

PHOTOS = asset("photos")


def test_what_a_grid_finds_is_counted_in_objects_and_in_the_masks_of_the_full_grid():
    masks = [Masks.from_data(np.stack(found)) for found in ([square(0)], [square(0), square(40)])]
    search = everything.evaluate_grid(9, masks[0], 0.5, SCENE.truth, full=masks[1])
    np.testing.assert_allclose(search.best, [1, 0, 0])
    assert search.again == 0.5
    nothing = Masks.from_data(np.zeros((0, 20, 60), bool))
    empty = everything.evaluate_grid(9, nothing, 0.5, SCENE.truth, full=nothing)
    assert empty.best.tolist() == [0, 0, 0] and np.isnan(empty.again)
    rows = list(everything.grid_table({"own": [search, empty]}))
    assert rows[-1] == "| own | 9 | 0.50 | 0.5 | 17% | 0.167 | 50% |"


def test_eval_everything_sets_the_hierarchical_grid_beside_the_full_one(capsys, few_points):
    arguments = ["eval", "everything", "--data", str(PHOTOS), "--limit", "2", "--model", "mini"]
    assert main([*arguments, "--presets", "fast"]) == 0
    rows = [r.split(" | ") for r in capsys.readouterr().out.splitlines() if r.startswith("| fast")]
    assert [row[0] for row in rows] == ["| fast", "| fast, hierarchical"]
    assert rows[0][1] == "16" and rows[0][-1] == "100% |"
    assert float(rows[1][1]) <= 16
