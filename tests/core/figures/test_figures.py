"""Figures are drawn, name their model, and can be saved; the command draws them all."""

import io
import json
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from esam_core import asset, load_segmenter
from esam_core.benchmark.table1 import ThroughputRow
from esam_core.benchmark.timing import Timing
from esam_core.cli import main
from esam_core.commands.figures import places_of
from esam_core.datasets.detections import load_detections
from esam_core.datasets.examples import examples
from esam_core.errors import EsamError, InvalidImage, InvalidSettings
from esam_core.everything import GridSettings
from esam_core.figures import PaperFigure, figure_functions, load_models, registry
from esam_core.figures.annotation import example_photos
from esam_core.figures.efficiency import table1_efficiency
from esam_core.figures.everything import fig3_segment_everything
from esam_core.figures.layout import Panel, arrange
from esam_core.figures.noise import fig5_noise, find_noise, noisiest_window
from esam_core.figures.points import fig1_point_prompts, fig2_box_prompts
from esam_core.figures.salient import fig4_saliency
from esam_core.figures.text import fig6_text_prompts
from esam_core.geometry import mask_iou
from esam_core.prompts import Prompt
from esam_core.text.encoders import load_text_encoder
from tests.support.small import small_segmenter

SMALL = GridSettings(points_per_side=3, pred_iou_thresh=0.2, stability_score_thresh=0.2)


@pytest.fixture(scope="module")
def mini():
    return load_segmenter("mini", device="cpu", precision="fp32")


@pytest.mark.slow
def test_every_figure_names_model_weights_digest_and_seconds(mini, tmp_path):
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
        assert figure.get_figwidth() == 7
    assert steps == [(0, 1), (1, 1)]


def titles(figure) -> list[str]:
    return [ax.get_title() for ax in figure.axes]


def test_one_model_has_one_column_and_two_have_two(mini):
    alone = fig2_box_prompts(mini, ["555705"], top=1)
    assert titles(alone) == ["photo and boxes", "ESAM-mini"]
    pair = fig2_box_prompts([mini, mini], ["555705"], top=1)
    assert titles(pair) == ["photo and boxes", "ESAM-mini", "ESAM-mini"]
    assert pair.caption.count("ESAM-mini (bundled") == 2
    assert titles(fig1_point_prompts([mini, mini], ["285"]))[1:] == ["ESAM-mini"] * 2


def test_the_note_below_a_mask_is_its_iou_with_the_annotation(mini):
    photo = example_photos(["285"])[0]
    prompt = Prompt.point(295, 330)
    figure = fig1_point_prompts(mini, {"285": prompt})
    best = mini.predict(mini.embed(photo.image()), prompt)[:1]
    iou = float(mask_iou(best.data, photo.masks()[:1])[0, 0])
    assert figure.axes[1].get_xlabel() == f"IoU {iou:.2f} ({best.predicted_iou[0]:.2f})"
    assert 0.8 < iou < 1


def test_the_caption_says_who_chose_the_photos_unless_the_caller_did(mini):
    chosen = examples("fig1")
    figure = fig1_point_prompts(mini)
    assert chosen.sentence in figure.caption
    assert len(figure.axes) == 2 * len(chosen.photos) >= 8
    clicks = [ax.collections[0].get_offsets()[0] for ax in figure.axes[::2]]
    wanted = [each.items[0].point_xy for each in chosen.chosen]
    assert np.allclose(clicks, wanted)
    assert "Photos: " not in fig1_point_prompts(mini, ["285"]).caption


def test_figure_2_draws_the_boxes_that_its_examples_were_measured_with():
    figure = fig2_box_prompts(small_segmenter())
    for ax, each in zip(figure.axes[::2], examples("fig2").chosen, strict=True):
        drawn = {patch.get_xy() for patch in ax.patches}
        assert len(drawn) == len({item.box_xyxy for item in each.items}) >= 2


def test_boxes_are_drawn_on_the_masks_of_a_box_prompt(mini):
    figure = fig2_box_prompts(mini, ["555705"], top=2)
    corners = [{patch.get_xy() for patch in ax.patches} for ax in figure.axes]
    assert corners[0] == corners[1] and len(corners[0]) == 2


def test_table_says_which_weights_are_random():
    row = ThroughputRow("efficient_sam_ti", "Ti", "random", "cpu", "fp32", 10, Timing((0.5,)))
    assert "Weights of Ti are random" in table1_efficiency([row]).caption


def test_figure_goes_to_the_working_folder_unless_a_place_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    png, pdf = blank("small").save()
    assert {png.resolve(), pdf.resolve()} == set((tmp_path / "outputs").iterdir())


def test_text_of_the_pdf_is_text_in_an_embedded_font_and_photos_are_its_only_pictures(
    mini, tmp_path
):
    figure = fig1_point_prompts(mini, ["285"])
    _, pdf = figure.save(tmp_path)
    content = pdf.read_bytes()
    assert b"/FontFile2" in content and b"STIXGeneral" in content and b"/Type3" not in content
    assert content.count(b"/Subtype /Image") == 2


def test_figure_is_matplotlibs_and_can_be_changed_before_it_is_saved(mini, tmp_path):
    figure = fig1_point_prompts(mini, ["285"])
    figure.axes[0].set_title("the bear")
    stream = io.StringIO()
    figure.savefig(stream, format="svg")
    text = stream.getvalue()
    assert "the bear" in text and "Figure 1. Point prompts." in text  # words, not shapes
    png, _ = figure.save(tmp_path, dpi=100)
    with Image.open(png) as saved:
        assert saved.size[0] == 700
    with Image.open(io.BytesIO(figure._repr_jpeg_())) as shown:
        assert (shown.format, shown.size[0]) == ("JPEG", 1200)


@pytest.mark.parametrize("what", ["axes", "subfigure"])
def test_a_figure_is_drawn_into_what_the_caller_gives(mini, what):
    mine = Figure(figsize=(6, 4))
    left, right = mine.subfigures(1, 2)
    place = left.add_subplot() if what == "axes" else left
    fig1_point_prompts(mini, ["285"], into=place)
    panels = place.child_axes if what == "axes" else place.axes
    titles = ["".join(ax.get_title().split()) for ax in panels]  # lines break in a narrow place
    assert titles == ["photoandpoints", "ESAM-mini"]
    mine.canvas.draw()
    outer = left.bbox
    for ax in panels:
        inner = ax.get_tightbbox()
        assert outer.x0 <= inner.x0 and inner.x1 <= outer.x1
        assert outer.y0 <= inner.y0 and inner.y1 <= outer.y1
    assert not right.axes


def test_pages_are_within_their_margins_for_photos_of_any_shape():
    shapes = [(40, 400), (400, 40), (100, 100), (300, 200), (77, 501)]
    examples = [[Panel(np.zeros((*hw, 3), np.uint8), note="some words " * 9)] * 2 for hw in shapes]
    for columns in (1, 2, 3):
        page = arrange(examples, "a caption " * 80, columns=columns)
        for place in page.places:
            assert place.left >= 0 and place.left + place.width <= page.width
            assert place.width / place.height == pytest.approx(place.panel.aspect)
        assert page.caption_top > max(place.top + place.height for place in page.places)
        assert page.caption.count("\n") > 2 and page.height > page.caption_top


def test_a_figure_says_where_it_cannot_be_saved(tmp_path):
    figure = blank("small")
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


@pytest.mark.parametrize(
    ("encoders", "said"),
    [("offline, ViT-B-32", "CLIP ViT-B/32 is not on this machine"), ("clip", "'clip' is unknown")],
)
def test_an_encoder_that_is_not_here_is_refused_before_the_first_figure_and_only_for_texts(
    tmp_path, monkeypatch, capsys, encoders, said
):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    drawn = []

    def render(name, *_, **__):
        drawn.append(name)
        return blank(name)

    monkeypatch.setattr("esam_core.figures.render", render)
    asked = ["--encoder", encoders, "--out", str(tmp_path / "out")]
    assert main(["figures", *asked]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert main(["figures", "--only", "fig1,fig3", *asked]) == 0
    assert drawn == ["fig1", "fig3"]


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


def blank(name: str) -> PaperFigure:
    return PaperFigure(name, "what it shows", figsize=(1, 1))


@pytest.fixture
def only_two_figures(monkeypatch):
    """A quick figure beside the real Table 1, on an installation without transformers."""
    functions = {"fig1": lambda segmenters: blank(segmenters[0].name)}
    functions["table1"] = figure_functions()["table1"]
    monkeypatch.setattr(registry, "_FUNCTIONS", functions)
    monkeypatch.setitem(sys.modules, "transformers", None)


def test_command_draws_what_is_asked_for(tmp_path, monkeypatch, capsys):
    drawn = []

    def render(name, models, encoders, **_):
        drawn.append((name, models, encoders))
        return blank(name)

    monkeypatch.setattr("esam_core.figures.render", render)
    assert main(["figures", "--out", str(tmp_path), "--models", "mini"]) == 0
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
    assert main(["figures", "--models", "mini", "--out", str(tmp_path)]) == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mini.pdf", "mini.png"]
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("table1 was skipped: ")
    assert "pip install -r requirements-sam.txt" in last


def test_a_figure_asked_for_by_name_that_lacks_a_package_is_an_error(
    only_two_figures, tmp_path, capsys
):
    argv = ["figures", "--models", "mini", "--only", "table1,fig1", "--out", str(tmp_path)]
    assert main(argv) == 2
    assert "requirements-sam.txt" in capsys.readouterr().err
    assert (tmp_path / "mini.png").exists()


def test_a_new_figure_is_one_registered_function(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "_FUNCTIONS", {})

    @registry.figure("fig9")
    def fig9_devices(segmenters, device, *, progress=None, photos=("285",)):
        progress(1, 1)
        return blank(f"{segmenters[0].name}_{device}_{photos[0]}")

    assert main(["figures", "--models", "mini", "--device", "cpu", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "mini_cpu_285.png").exists()
    with pytest.raises(ValueError, match="fig9"):
        registry.figure("fig9")(fig9_devices)


def test_models_of_a_figure_are_named_or_all_that_are_here(monkeypatch):
    assert [model.name for model in load_models("mini")] == ["mini"]
    assert [model.name for model in load_models(["mini", "mini"], device="cpu")] == ["mini"]
    present = ["efficient_sam_ti", "mini"]
    monkeypatch.setattr("esam_core.figures.models.available_models", lambda: present)
    asked = []
    monkeypatch.setattr(
        "esam_core.figures.models.load_segmenter",
        lambda name, **how: asked.append((name, how["weights"], how["download"])),
    )
    load_models("auto")
    load_models("efficient_sam_s,mini", weights={"mini": "a.safetensors"}, download=True)
    assert asked == [
        ("mini", None, False),
        ("efficient_sam_ti", None, False),
        ("efficient_sam_s", None, True),
        ("mini", "a.safetensors", True),
    ]


def test_weights_of_a_model_that_is_not_drawn_are_refused(tmp_path):
    (tmp_path / "a.pt").touch()
    for names, weights, said in (
        ("mini", {"efficient_sam_s": "a.pt"}, "'efficient_sam_s', which is not drawn"),
        ("mini,efficient_sam_ti", tmp_path / "a.pt", "one weights file"),
        (" , ", None, "no model is named"),
    ):
        with pytest.raises(InvalidSettings, match=said):
            load_models(names, weights=weights)


def test_command_reads_weights_for_all_or_for_each_model():
    assert places_of(None) is None and places_of(["folder"]) == "folder"
    assert places_of(["mini=a", "efficient_sam_s=b=c"]) == {"mini": "a", "efficient_sam_s": "b=c"}
    for wrong in (["a", "b"], ["mini=a", "b"]):
        with pytest.raises(InvalidSettings, match="MODEL=PLACE"):
            places_of(wrong)


def test_boxes_are_answered_by_the_papers_rule_if_asked(mini):
    photo = example_photos(["555705"])[0]
    figure = fig2_box_prompts(mini, ["555705"], top=1, rule="box_iou")
    assert "the paper's rule" in figure.caption
    box = load_detections(asset("detections.json"))[555705].boxes_xyxy[0]
    answers = mini.predict_batch(mini.embed(photo.image()), [Prompt.box(*box)], rule="box_iou")
    iou = float(mask_iou(answers[0].data[:1], photo.masks()[:1])[0, 0])
    assert figure.axes[1].get_xlabel() == f"mean IoU {iou:.2f}"
    with pytest.raises(InvalidSettings, match="predicted_iou or box_iou"):
        fig2_box_prompts(mini, ["555705"], rule="largest")


def test_red_stars_are_explained_where_there_are_some(mini):
    prompt = Prompt.point(160, 330)
    assert "red ones" not in fig1_point_prompts(mini, {"377575": prompt}).caption
    beside = {"377575": prompt.with_point(282, 275, 0)}
    assert "red ones beside it" in fig1_point_prompts(mini, beside).caption
