"""``python -m esam_core salient``: from the arguments to the files and the messages."""

import json

from PIL import Image

from esam_core.cli import main
from esam_core.export import load_mask_png


def test_salient_command_writes_mask_map_and_report(capsys, tmp_path, bear_file, bear):
    out, report = tmp_path / "mask.png", tmp_path / "report.json"
    arguments = ["salient", str(bear_file), "--out", str(out), "--json", str(report)]
    arguments += ["--map", str(tmp_path / "map.png"), "--overlay", str(tmp_path / "over.png")]
    assert main([*arguments, "--seed", "4", "--model", "mini"]) == 0
    mask = load_mask_png(out.read_bytes())
    assert (mask & bear[1]).sum() / (mask | bear[1]).sum() > 0.7
    written = json.loads(report.read_text())
    assert written["seed"] == 4
    assert len(written["masks"][0]["prompt"]["point_coords"]) == 3
    assert "1 salient" in capsys.readouterr().out
    assert (tmp_path / "map.png").exists() and (tmp_path / "over.png").exists()


def test_salient_command_says_that_nothing_stands_out(capsys, tmp_path):
    Image.new("RGB", (80, 60), "grey").save(tmp_path / "grey.png")
    arguments = [str(tmp_path / "grey.png"), "--out", str(tmp_path / "mask.png")]
    assert main(["salient", *arguments, "--model", "mini"]) == 0
    assert "nothing stands out" in capsys.readouterr().out
