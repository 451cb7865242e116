"""Salient evaluation uses photos with one dominant object."""

from esam_core import asset
from esam_core.cli import main
from esam_core.evaluation.salient import salient_targets

PHOTOS = asset("photos")


def test_dominant_objects_are_most_of_what_is_annotated():
    found = list(salient_targets(PHOTOS))
    assert len(found) >= 10
    assert all(target.truth.mean() >= 0.02 for target in found)


def test_eval_salient_prints_its_table(capsys):
    arguments = ["eval", "salient", "--data", str(PHOTOS), "--limit", "1", "--seeds", "1"]
    assert main([*arguments, "--model", "mini"]) == 0
    printed = capsys.readouterr().out
    for row in ("| map alone |", "| 3 uniform points |", "| box |", "1 photos", "u2netp"):
        assert row in printed
