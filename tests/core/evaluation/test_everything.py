"""Grid evaluation counts found objects and the masks of the full grid that are found again."""

import json

import numpy as np
import pytest
from PIL import Image

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
    found = everything.summarise([search, empty])
    assert found["points"] == 9 and found["masks"] == 0.5 and found["of full grid"] == 0.5
    assert found["recall 0.5"] == found["recall 0.75"] == 1 / 6
    assert rows[-1].startswith("| own | 9 | 0.5 | 0.5 | 0.0 | 17% | 17% |")
    assert rows[-1].endswith("| 50% |")


def test_duplicates_and_sizes_of_objects():
    twice = Masks.from_data(np.stack([square(0), square(0), square(40)]))
    search = everything.evaluate_grid(9, twice, 0.5, SCENE.truth, full=twice)
    assert search.duplicates == 1
    record = json.loads(json.dumps(search.to_json()))
    assert everything.summarise([everything.GridSearch.from_json(record)]) == pytest.approx(
        everything.summarise([search]), abs=1e-4
    )
    over = everything.summarise([search])["0.5, over 5 %"]
    large = search.shares >= 0.05
    assert over == (search.best[large] > 0.5).mean()


def test_sheet_and_results_are_written(tmp_path, capsys, few_points):
    sheet, out = tmp_path / "sheet.png", tmp_path / "out"
    command = ["eval", "everything", "--data", str(PHOTOS), "--limit", "2", "--model", "mini"]
    command += ["--presets", "fast", "--no-hierarchical", "--sheet", str(sheet), "--out", str(out)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "hierarchical" not in printed and (out / "results.md").read_text() == printed
    with Image.open(sheet) as picture:
        assert picture.size == (640, 320)
        assert np.asarray(picture)[:, :300].std() > 20


def test_eval_everything_sets_the_hierarchical_grid_beside_the_full_one(capsys, few_points):
    arguments = ["eval", "everything", "--data", str(PHOTOS), "--limit", "2", "--model", "mini"]
    assert main([*arguments, "--presets", "fast"]) == 0
    rows = [r.split(" | ") for r in capsys.readouterr().out.splitlines() if r.startswith("| fast")]
    assert [row[0] for row in rows] == ["| fast", "| fast, hierarchical"]
    assert rows[0][1] == "32" and rows[0][-1] == "100% |"
    assert float(rows[1][1]) <= 16
