"""The registry of text encoders: an entry is all that loading one needs."""

import subprocess
import sys
from pathlib import Path

import pytest

from esam_core.errors import UnknownModel
from esam_core.text import OFFLINE, TEXT_ENCODERS, TextEncoderSpec, load_text_encoder

ROOT = Path(__file__).parents[3]


def load_echo(spec, **options):
    return spec, options


def test_an_encoder_is_added_by_a_row(monkeypatch):
    row = TextEncoderSpec("echo", "Echo", "MIT", loader=f"{__name__}:load_echo")
    monkeypatch.setitem(TEXT_ENCODERS, "echo", row)
    spec, options = load_text_encoder("echo", precision="bf16", device="cpu", download=True)
    assert spec is row
    assert options == {"weights": None, "device": "cpu", "precision": "bf16", "download": True}


def test_unknown_encoder_is_refused_with_the_known_ones():
    with pytest.raises(UnknownModel, match=", ".join(TEXT_ENCODERS)):
        load_text_encoder("CLIP")


def test_only_the_default_encoder_is_bundled():
    assert [row.name for row in TEXT_ENCODERS.values() if row.bundled] == [OFFLINE]
    assert all(row.size_mb > 0 for row in TEXT_ENCODERS.values() if not row.bundled)


def test_rows_and_ranking_need_no_torch_and_exports_name_no_onnx():
    code = """
import sys
from pathlib import Path
from esam_core.text import TEXT_ENCODERS, propose, rank_masks, split_texts
from esam_core.saliency import SalientSettings, salient_masks
from esam_core.export import export_coco, export_mask_png, export_svg
from esam_core.datasets import load_detections
from esam_core.visualize import draw_masks
print(sorted({"torch", "onnx", "onnxruntime", "open_clip", "matplotlib"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True
    )
    assert done.stdout == "[]\n"
