"""The ONNX files give the results of torch, for any number of prompts and any photo size."""

import numpy as np
import onnxruntime
import pytest
import torch

from esam_core import asset, load_rgb, load_segmenter
from esam_core.errors import InvalidSettings
from esam_core.export.onnx import export_onnx
from esam_core.images import stretch_rgb
from esam_core.modeling.efficient_sam import EfficientSam
from esam_core.segmenter import TorchSegmenter
from tests.support.small import TINY


def sessions(paths):
    return [onnxruntime.InferenceSession(p, providers=["CPUExecutionProvider"]) for p in paths]


def check(segmenter, session_pair, image, pixels, queries, masks=None):
    encoder, decoder = session_pair
    embedding = segmenter.embed(image)
    outputs = encoder.run(None, {"images": pixels})
    np.testing.assert_allclose(outputs[0], embedding.features.embedding, atol=1e-4)
    height, width = embedding.image_hw
    rng = np.random.default_rng(queries)
    coords = np.full((queries, 6, 2), -1, np.float32)
    labels = np.full((queries, 6), -1, np.int64)
    coords[:, :2] = rng.uniform(0, min(height, width), (queries, 2, 2))
    labels[:, :2] = 1
    feeds = {"point_coords": coords, "point_labels": labels}
    feeds["image_hw"] = np.array([height, width], np.float32)
    feeds |= dict(zip([o.name for o in encoder.get_outputs()], outputs, strict=True))
    if segmenter.understands_mask_input:
        low_hw = segmenter.low_res_hw((height, width))
        given = np.zeros((queries, *low_hw), np.float32) if masks is None else masks
        feeds["mask_input"] = given
        feeds["has_mask_input"] = np.full(queries, float(masks is not None), np.float32)
    logits, iou = decoder.run(None, feeds)
    expected = segmenter.decode(embedding, coords, labels, masks)
    np.testing.assert_allclose(iou, expected.predicted_iou, atol=1e-3)
    np.testing.assert_allclose(logits, expected.logits, atol=1e-2)
    return logits


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    torch.manual_seed(0)
    segmenter = TorchSegmenter(
        EfficientSam(TINY),
        name="tiny",
        title="Tiny",
        provenance="random",
        device="cpu",
        precision="fp32",
    )
    return segmenter, sessions(export_onnx(segmenter, tmp_path_factory.mktemp("onnx")))


@pytest.mark.parametrize("queries", [1, 2, 7])
@pytest.mark.parametrize("shape", [(50, 70, 3), (300, 40, 3)])
@pytest.mark.slow
def test_efficient_sam_in_onnxruntime_equals_torch(tiny, queries, shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    pixels = (image.transpose(2, 0, 1)[None] / 255).astype(np.float32)
    check(*tiny, image, pixels, queries)


@pytest.mark.slow
def test_the_mini_model_in_onnxruntime_equals_torch(tmp_path):
    segmenter = load_segmenter("mini", device="cpu", precision="fp32")
    pair = sessions(export_onnx(segmenter, tmp_path))
    image = load_rgb(asset("photos", "000000000285.jpg"))
    square = stretch_rgb(image, (segmenter.network.image_size,) * 2)
    pixels = (square.transpose(2, 0, 1)[None] / 255).astype(np.float32)
    for queries in (1, 5):
        logits = check(segmenter, pair, image, pixels, queries)
        corrected = check(segmenter, pair, image, pixels, queries, masks=logits[:, 0])
        assert not np.allclose(corrected, logits, atol=0.1)


def test_other_precisions_are_refused(tmp_path):
    with pytest.raises(InvalidSettings, match='precision="fp32"'):
        export_onnx(load_segmenter("mini", device="cpu", precision="bf16"), tmp_path)
