"""``--json -``: nothing but the report goes to stdout."""

import json

from esam_core.cli import main


def test_salient_writes_its_report_to_stdout(bear_file, tmp_path, capsys):
    argv = ["salient", str(bear_file), "--model", "mini", "--out", str(tmp_path / "mask.png")]
    assert main([*argv, "--device", "cpu", "--precision", "fp32", "--whole", "--json", "-"]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert report["photo"] == str(bear_file)
    assert (report["model"], report["device"], report["precision"]) == ("mini", "cpu", "fp32")
    assert "sha256" in report["provenance"]
    assert len(report["masks"]) == 1
    assert "1 salient" in captured.err
