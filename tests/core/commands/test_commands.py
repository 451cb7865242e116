"""The command line, from the arguments to the files and the exit code."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from esam_core.cli import join_negatives, main
from tests.support.fault_server import Page, serve

ROOT = Path(__file__).parents[3]
BEAR = ROOT / "assets" / "photos" / "000000000285.jpg"


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("ESAM_WEIGHTS", raising=False)
    monkeypatch.setenv("ESAM_CACHE", str(tmp_path / "cache"))


def refused(capsys, *argv: object) -> str:
    """Run a command line that must be refused, and return its one line of explanation."""
    assert main([str(arg) for arg in argv]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1
    return captured.err


# Start-up


def test_help_is_given_without_importing_torch():
    code = (
        "import sys; from esam_core.cli import build_parser; text = build_parser().format_help(); "
        "assert 'segment' in text and 'weights' in text, text; "
        "sys.exit(' '.join({'torch', 'numpy', 'gradio', 'PIL'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)


def test_module_runs_as_a_program():
    done = subprocess.run(
        [sys.executable, "-m", "esam_core", "--version"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("esam 0.")


def test_interruption_ends_with_130(monkeypatch, capsys):
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("esam_core.commands.weights.run", interrupted)
    assert main(["weights"]) == 130
    assert capsys.readouterr().err == "stopped\n"


def test_negative_values_are_joined_to_their_option():
    assert join_negatives(["a.jpg", "--point", "-3,5", "--out", "-"]) == [
        "a.jpg",
        "--point=-3,5",
        "--out",
        "-",
    ]


def test_names_of_a_group_are_the_modules_of_its_package(monkeypatch, tmp_path, capsys):
    from esam_core import benchmark

    (tmp_path / "count_words.py").write_text(
        "HELP = 'count'\n"
        "def add_arguments(parser): parser.add_argument('--words', type=int)\n"
        "def run(args): print(args.words); return 3\n"
    )
    (tmp_path / "shared.py").write_text("")
    monkeypatch.setattr(benchmark, "__path__", [str(tmp_path)])
    assert main(["bench", "count_words", "--words", "7"]) == 3
    assert capsys.readouterr().out == "7\n"
    with pytest.raises(SystemExit):
        main(["bench", "shared"])
    assert "invalid choice" in capsys.readouterr().err
    monkeypatch.delitem(sys.modules, "esam_core.benchmark.count_words")


# weights


@pytest.mark.parametrize("argv", [["weights"], ["weights", "list"]])
def test_weights_list_says_what_is_here_and_what_would_be_fetched(capsys, tmp_path, argv):
    assert main(argv) == 0
    out = capsys.readouterr().out
    assert "present (bundled mini, sha256 d896da11)" in out
    assert "efficient_sam_ti   not here" in out
    assert "41.0 MB, sha256 dff858b1" in out
    assert "https://huggingface.co/yunyangx/EfficientSAM/resolve/main/efficient_sam_vits.pt" in out
    assert f"Looked in {tmp_path / 'cache'}" in out


def test_weights_list_shows_a_wrong_file_and_goes_on(capsys, tmp_path):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "efficient_sam_vitt.pt").write_bytes(b"half a download")
    assert main(["weights"]) == 0
    out = capsys.readouterr().out
    assert "wrong: " in out
    assert "efficient_sam_s    not here" in out


def test_weights_list_shows_a_named_folder_that_does_not_exist(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("ESAM_WEIGHTS", str(tmp_path / "typo"))
    assert main(["weights"]) == 0
    assert f"Looked in {tmp_path / 'typo'} (does not exist)" in capsys.readouterr().out
    argv = ["segment", BEAR, "--point", "9,9", "--out", tmp_path / "m.png"]
    assert "ESAM_WEIGHTS names" in refused(capsys, *argv)


@pytest.mark.parametrize("command", ["figures --only fig1", f"points {BEAR} --point 9,9"])
@pytest.mark.parametrize("name", ["photo.jpg", "efficient_sam_vitt.pt"])
def test_a_wrong_file_named_by_esam_weights_is_not_replaced_by_the_bundled_model(
    capsys, tmp_path, monkeypatch, command, name
):
    (tmp_path / name).write_bytes(b"no weights")
    monkeypatch.setenv("ESAM_WEIGHTS", str(tmp_path / name))
    message = refused(capsys, *command.split(), "--out", tmp_path / "out")
    assert str(tmp_path / name) in message
    assert not (tmp_path / "out").exists()


def test_weights_verify(capsys, tmp_path):
    assert main(["weights", "verify", "mini"]) == 0
    assert "bundled mini, sha256 d896da11" in capsys.readouterr().out
    assert "looked in" in refused(capsys, "weights", "verify", "efficient_sam_s")
    (tmp_path / "own.pt").write_bytes(b"own")
    message = refused(
        capsys, "weights", "verify", "efficient_sam_s", "--weights", tmp_path / "own.pt"
    )
    assert "3 bytes, expected 105,742,022" in message


def test_weights_download_writes_the_file_and_says_what_it_is(capsys, tmp_path, monkeypatch):
    import hashlib

    from esam_core.weights import WEIGHTS, WeightsFile, WeightsSource

    body = b"weights" * 1000
    with serve({"/w.pt": Page(body)}) as host:
        sources = (WeightsSource(f"{host}/w.pt"),)
        row = WeightsFile("w.pt", sources, len(body), hashlib.sha256(body).hexdigest())
        monkeypatch.setitem(WEIGHTS, "tiny", row)
        assert main(["weights", "download", "tiny", "--folder", str(tmp_path / "to")]) == 0
    captured = capsys.readouterr()
    assert "tiny: official, sha256" in captured.out
    assert "w.pt" in captured.err  # the bar
    assert (tmp_path / "to" / "w.pt").read_bytes() == body


def test_weights_download_of_the_bundled_model_says_that_it_is_here(capsys):
    assert main(["weights", "download", "mini"]) == 0
    assert "comes with the project" in capsys.readouterr().out


def test_unknown_name_lists_the_known_ones(capsys):
    assert "mini, efficient_sam_ti" in refused(capsys, "weights", "download", "sam_h")


# segment


def test_click_on_the_bear_gives_mask_cutout_and_report(capsys, tmp_path):
    files = [tmp_path / name for name in ("mask.png", "cut.png", "report.json")]
    argv = f"segment {BEAR} --model mini --point 300,350 --out {files[0]} --cutout {files[1]}"
    assert main([*argv.split(), "--json", str(files[2])]) == 0
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert "bundled mini" in line

    mask = np.array(Image.open(files[0]))
    assert mask.shape == (640, 586)
    assert set(np.unique(mask)) == {0, 255}
    truth = np.array(Image.open(ROOT / "assets/photos/masks/000000000285.png")) == 1
    inside = mask == 255
    assert (inside & truth).sum() / (inside | truth).sum() > 0.5

    cutout = np.array(Image.open(files[1]))
    assert (cutout[..., 3] == mask).all()
    assert not cutout[~inside].any()

    report = json.loads(files[2].read_text())
    assert report["area"] == inside.sum()
    assert report["prompt"] == {
        "point_coords": [[300.0, 350.0]],
        "point_labels": [1],
        "box_xyxy": None,
    }
    assert len(report["predicted_iou"]) == 3
    assert report["model"] == "mini"
    assert set(report["milliseconds"]) == {"embed", "predict"}


def test_json_to_stdout_has_it_to_itself(capsys, tmp_path):
    argv = f"segment {BEAR} --model mini --box 10,60,580,630 --point 300,350,1 --point 5,5,0"
    assert main([*argv.split(), "--json", "-", "--out", str(tmp_path / "m.png")]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert report["prompt"]["box_xyxy"] == [10, 60, 580, 630]
    assert report["prompt"]["point_labels"] == [1, 0]
    assert "m.png" in captured.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--point=-3,5", "a point is (-3.0, 5.0); it takes 2 finite numbers >= 0"),
        ("--point -3,5", "a point is (-3.0, 5.0)"),
        ("--point 586.5,5", "point (586.5, 5) lies outside the photo of 586 x 640 pixels"),
        ("--point nan,5", "a point is (nan, 5.0); it takes 2 finite numbers"),
        ("--box=-9,0,-1,100", "lies beside the photo of 586 x 640 pixels"),
        ("--box 586,0,600,100", "lies beside the photo of 586 x 640 pixels"),
        ("--box 100,100,50,100", "has no area"),
        ("", "give --point X,Y"),
        (
            " ".join(["--rule stability", *["--point 9,9"] * 7]),
            "more than 6 clicks go step by step",
        ),
        ("--point 9,9 --model sam", "sam"),
        ("--point 9,9 --model efficient_sam_ti", "weights download efficient_sam_ti"),
        ("--point 9,9 --model mini --weights /nowhere/w.pt", "does not exist"),
        ("--point 9,9 --model mini --rule best", "predicted_iou"),
        ("--point 9,9 --model mini --out /nowhere/m.png", "cannot write /nowhere/m.png"),
    ],
)
def test_refusals_are_one_readable_line(capsys, tmp_path, arguments, message):
    out = [] if "--out" in arguments else ["--out", tmp_path / "m.png"]
    assert message in refused(capsys, "segment", BEAR, *out, *arguments.split())
    assert not (tmp_path / "m.png").exists()


def test_the_far_edge_is_inside_and_a_box_over_the_border_is_clipped(capsys, tmp_path):
    argv = f"points {BEAR} --model mini --point 586,640 --box 0,0,600,700 --json -"
    assert main([*argv.split(), "--out", str(tmp_path / "m.png")]) == 0
    prompt = json.loads(capsys.readouterr().out)["prompt"]
    assert prompt["point_coords"] == [[586, 640]]
    assert prompt["box_xyxy"] == [0, 0, 586, 640]


def test_missing_photo_is_refused(capsys, tmp_path):
    message = refused(
        capsys, "segment", tmp_path / "no.jpg", "--point", "1,1", "--out", tmp_path / "m.png"
    )
    assert "no.jpg" in message


@pytest.mark.parametrize("value", ["--point=1", "--point=1,2,3", "--point=a,b", "--box=1,2,3"])
def test_malformed_values_are_explained_by_the_parser(capsys, tmp_path, value):
    with pytest.raises(SystemExit) as caught:
        main(["segment", str(BEAR), "--out", str(tmp_path / "m.png"), value])
    assert caught.value.code == 2
    assert "is not X" in capsys.readouterr().err


def test_a_second_box_is_refused_and_not_taken_for_the_first(capsys, tmp_path):
    boxes = ["--box", "1,1,9,9", "--box", "40,60,500,620"]
    with pytest.raises(SystemExit) as caught:
        main(["segment", str(BEAR), "--out", str(tmp_path / "m.png"), *boxes])
    assert caught.value.code == 2
    assert "at most one box" in capsys.readouterr().err
