"""Text evaluation counts a mask as correct if it is the object that the text names."""

import numpy as np
import pytest

from esam_core import asset
from esam_core.cli import main
from esam_core.evaluation.text import NamedPair, evaluate_ranking, pair_table
from esam_core.masks import Masks
from esam_core.text import ParsedText, TextRanking
from tests.support.evaluation import SCENE, square

PHOTOS = asset("photos")


def ranking(*similarity: float) -> TextRanking:
    column = np.array(similarity, np.float32)[:, None]
    order = np.argsort(-column, axis=0).T
    overlap = np.eye(len(column), dtype=np.float32)
    return TextRanking((ParsedText("dog", "dog"),), column, column, order, overlap, 0.5)


def judged(masks: list[np.ndarray], *similarity: float, name: str = "dog") -> NamedPair:
    return evaluate_ranking(
        "own", SCENE, name, Masks.from_data(np.stack(masks)), ranking(*similarity)
    )


def test_mask_of_one_instance_is_right_and_so_is_all_of_them_together():
    together = square(0) | square(20)
    assert judged([square(20), square(40)], 0.9, 0.1).right
    assert judged([together, square(40)], 0.9, 0.1).right
    assert not judged([square(40), square(0)], 0.9, 0.1).right


def test_chance_is_the_share_of_masks_that_would_have_been_right():
    assert judged([square(0), square(20), square(40), square(50)], 4, 3, 2, 1).chance == 0.5


def test_name_of_nothing_in_the_photo_can_only_be_a_false_alarm():
    pair = judged([square(0)], 0.9, name="horse")
    assert not pair.present
    assert pair.score == pytest.approx(0.9)


def test_table_counts_shares_per_source_and_kind():
    pairs = [
        NamedPair("own", "known", True, right=True, score=0.9, chance=0.5),
        NamedPair("own", "known", True, right=False, score=0.9, chance=0.0),
        NamedPair("own", "approximate", True, right=True, score=0.1, chance=0.5),
        NamedPair("own", "known", False, score=0.8),
        NamedPair("own", "known", False, score=0.2),
    ]
    rows = {tuple(row.split(" | ")[:2]): row for row in list(pair_table(pairs, 0.5))[2:]}
    assert rows["| own", "known"].endswith("| 2 | 50% | 25% | 50% | 50% | 50% |")
    assert rows["| own", "approximate"].endswith("| 1 | 100% | 50% | 100% | 0% | - |")
    assert rows["| own", "all"].split(" | ")[2] == "3"


@pytest.mark.slow
def test_eval_text_prints_its_table(capsys, few_points):
    assert main(["eval", "text", "--data", str(PHOTOS), "--limit", "2", "--model", "mini"]) == 0
    printed = capsys.readouterr().out
    for row in ("| annotated | known |", "| fast |", "| propose |", "bundled mini", "false alarms"):
        assert row in printed
