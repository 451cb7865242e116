"""Figures are drawn, name their model, and can be saved; the command draws them all."""

import json
import sys

import numpy as np
import pytest
from PIL import Image

from esam_core import asset, load_segmenter
from esam_core.benchmark.table1 import ThroughputRow
from esam_core.benchmark.timing import Timing
from esam_core.cli import main
from esam_core.errors import EsamError, InvalidImage
from esam_core.everything import GridSettings
from esam_core.figures import Figure, figure_functions, registry
from esam_core.figures.efficiency import table1_efficiency
from esam_core.figures.everything import fig3_segment_everything
from esam_core.figures.figure import example_photos
from esam_core.figures.noise import fig5_noise, find_noise, noisiest_window
from esam_core.figures.points import fig1_point_prompts, fig2_box_prompts
from esam_core.figures.salient import fig4_saliency
from esam_core.figures.text import fig6_text_prompts
from esam_core.text.encoders import load_text_encoder

SMALL = GridSettings(points_per_side=3, pred_iou_thresh=0.2, stability_score_thresh=0.2)


@pytest.fixture(scope="module")
def mini():
    return load_segmenter("mini", device="cpu", precision="fp32")


@pytest.mark.slow
def test_every_figure_names_model_weights_digest_and_seconds(mini):
    steps = []
    figures = [
        fig1_point_prompts(mini, ["285"], progress=lambda *n: steps.append(n)),
        fig2_box_prompts(mini, ["555705"], top=2),
        fig3_segment_everything(mini, ["285"], SMALL),
        fig4_saliency(mini, ["285"]),
        fig5_noise(mini, [("555705", 2)]),
        fig6_text_prompts(mini, load_text_encoder(), {"285": ["bear"]}, SMALL),
    ]
    for number, figure in enumerate(figures, start=1):
        assert figure.name.startswith(f"fig{number}_")
        assert f"Figure {number}." in figure.caption
        assert "ESAM-mini (bundled mini, sha256 d896da11), cpu fp32" in figure.caption
        assert figure.caption.endswith(" s.") and "stands in" in figure.caption
        assert figure.page.shape[1:] == (1400, 3) and figure.page.shape[0] > 200
    assert steps == [(0, 1), (1, 1)]


def test_two_models_stand_side_by_side(mini):
    figure = fig2_box_prompts(mini, ["555705"], other=mini, top=1)
    assert figure.caption.count("ESAM-mini (bundled") == 2
    taller = fig1_point_prompts(mini, ["285"], other=mini)
    assert taller.page.shape[0] > fig1_point_prompts(mini, ["285"]).page.shape[0]


def test_table_says_which_weights_are_random():
    row = ThroughputRow("efficient_sam_ti", "Ti", "random", "cpu", "fp32", 10, Timing((0.5,)))
    assert "Weights of Ti are random" in table1_efficiency([row]).caption


def test_figure_goes_to_the_working_folder_unless_a_place_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    png, pdf = Figure("small", np.zeros((60, 90, 3), np.uint8), "what it shows").save()
    assert {png.resolve(), pdf.resolve()} == set((tmp_path / "figures").iterdir())


def test_figure_is_saved_as_png_and_pdf_and_shown_as_jpeg(tmp_path):
    page = np.zeros((60, 90, 3), np.uint8)
    figure = Figure("small", page, "what it shows")
    png, pdf = figure.save(tmp_path / "new")
    assert (np.asarray(Image.open(png)) == page).all()
    assert pdf.read_bytes().startswith(b"%PDF")
    assert figure._repr_jpeg_()[:2] == b"\xff\xd8"
    assert repr(figure) == "small: what it shows"


def test_a_figure_says_where_it_cannot_be_saved(tmp_path):
    figure = Figure("small", np.zeros((60, 90, 3), np.uint8), "what it shows")
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below", tmp_path / ("x" * 300)):
        with pytest.raises(EsamError, match=f"cannot make the folder {folder}"):
            figure.save(folder)
    for name in ("small.png", "small.pdf"):
        (tmp_path / name / name).mkdir(parents=True)
        with pytest.raises(EsamError, match=f"cannot write {tmp_path / name / name}"):
            figure.save(tmp_path / name)


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_command_refuses_an_impossible_folder_before_it_draws(tmp_path, monkeypatch, capsys, place):
    (tmp_path / "file").touch()
    monkeypatch.setattr("esam_core.figures.render", lambda *_, **__: pytest.fail("drawn"))
    assert main(["figures", "--out", str(tmp_path / place)]) == 2
    error = capsys.readouterr().err
    assert str(tmp_path / place) in error and error.count("\n") == 1


def test_a_folder_that_may_not_be_written_to_is_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("os.access", lambda path, mode: path != tmp_path)
    assert main(["figures", "--out", str(tmp_path / "new" / "folder")]) == 2
    assert f"{tmp_path} may not be written to" in capsys.readouterr().err


def test_bad_boxes_are_left_out_of_the_figure_and_named(mini, tmp_path, monkeypatch, capsys):
    rows = json.loads(asset("detections.json").read_text())
    rows = [row for row in rows if row["image_id"] == 555705][:1]
    rows += [rows[0] | {"bbox": [5000, 0, 9, 9]}, {"image_id": 7, "bbox": None}]
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps(rows))
    figure = fig2_box_prompts(mini, ["555705"], boxes=path)
    assert [text.split(":")[0] for text in figure.left_out] == [
        "entry 1 (image_id 555705)",
        "entry 2 (image_id 7)",
    ]
    monkeypatch.setattr("esam_core.figures.render", lambda *_, **__: figure)
    assert main(["figures", "--only", "fig2", "--out", str(tmp_path)]) == 3
    assert capsys.readouterr().err.count("left out: entry") == 2


def test_islands_holes_and_ragged_edges_are_distinguished():
    mask = np.zeros((60, 80), bool)
    mask[10:50, 10:50] = True
    mask[20:24, 20:24] = False
    mask[30:33, 60:63] = True
    mask[25, 50:55] = True
    noise = find_noise(mask)
    assert (noise.island_count, noise.hole_count) == (1, 1)
    assert noise.islands.sum() == 9 and noise.holes.sum() == 16
    assert noise.ragged[25, 53] and not noise.ragged[15, 15]
    assert str(noise).startswith("1 island, 1 hole, ")


def test_empty_and_full_masks_have_no_noise():
    for mask in (np.zeros((20, 30), bool), np.ones((20, 30), bool)):
        noise = find_noise(mask)
        assert (noise.island_count, noise.hole_count, int(noise.ragged.sum())) == (0, 0, 0)
        assert noisiest_window(noise)[0].stop <= 20


def test_unknown_photo_is_refused():
    with pytest.raises(InvalidImage, match="example photo"):
        example_photos(["123"])


def blank(name: str) -> Figure:
    return Figure(name, np.zeros((4, 4, 3), np.uint8), "")


@pytest.fixture
def only_two_figures(monkeypatch):
    """A quick figure beside the real Table 1, on an installation without transformers."""
    functions = {"fig1": lambda segmenter: blank(segmenter.name)}
    functions["table1"] = figure_functions()["table1"]
    monkeypatch.setattr(registry, "_FUNCTIONS", functions)
    monkeypatch.setitem(sys.modules, "transformers", None)


def test_command_draws_what_is_asked_for(tmp_path, monkeypatch, capsys):
    drawn = []

    def render(name, model, **options):
        drawn.append((name, model, options["device"]))
        return blank(name)

    monkeypatch.setattr("esam_core.figures.render", render)
    assert main(["figures", "--out", str(tmp_path), "--model", "mini"]) == 0
    names = [name for name, *_ in drawn]
    assert names == ["fig1", "fig2", "fig3", "fig4", "fig5", "fig6", "limits", "table1"]
    assert {path.suffix for path in tmp_path.iterdir()} == {".png", ".pdf"}
    assert main(["figures", "--only", "fig3,table1", "--out", str(tmp_path)]) == 0
    assert [name for name, *_ in drawn[len(names) :]] == ["fig3", "table1"]
    assert main(["figures", "--only", "fig9"]) == 2
    assert "fig9" in capsys.readouterr().err


def test_every_figure_is_drawn_but_those_that_lack_a_package_which_are_named(
    only_two_figures, tmp_path, capsys
):
    assert main(["figures", "--model", "mini", "--out", str(tmp_path)]) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mini.pdf", "mini.png"]
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("table1 was skipped: ")
    assert "pip install -r requirements-sam.txt" in last


def test_a_figure_asked_for_by_name_that_lacks_a_package_is_an_error(
    only_two_figures, tmp_path, capsys
):
    argv = ["figures", "--model", "mini", "--only", "table1,fig1", "--out", str(tmp_path)]
    assert main(argv) == 2
    assert "requirements-sam.txt" in capsys.readouterr().err
    assert (tmp_path / "mini.png").exists()


def test_a_new_figure_is_one_registered_function(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "_FUNCTIONS", {})

    @registry.figure("fig9")
    def fig9_devices(segmenter, device, *, progress=None, photos=("285",)):
        progress(1, 1)
        return blank(f"{segmenter.name}_{device}_{photos[0]}")

    assert main(["figures", "--model", "mini", "--device", "cpu", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "mini_cpu_285.png").exists()
    with pytest.raises(ValueError, match="fig9"):
        registry.figure("fig9")(fig9_devices)
