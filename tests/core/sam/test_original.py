"""SAM itself takes the prompts of every segmenter and computes what ``transformers`` computes."""

import numpy as np
import pytest
import torch

from esam_core import MODELS, Prompt
from esam_core.errors import InvalidPrompt
from tests.support.small import blocks, tiny_sam

transformers = pytest.importorskip("transformers")

BOX = Prompt.box(5, 5, 60, 40)
PROMPTS = [
    Prompt.point(20, 20),
    BOX,
    BOX.with_point(30, 30).with_point(2, 2, 0),
    Prompt.point(70, 40).with_point(9, 9, 0),
]


@pytest.mark.parametrize("name", ["sam_vit_b", "sam_vit_l", "sam_vit_h"])
def test_rows_say_how_large_the_networks_are(name):
    from esam_core.sam.original import sam_config

    spec = MODELS[name]
    with torch.device("meta"):
        network = transformers.SamModel(sam_config(spec.config))
    assert sum(p.numel() for p in network.parameters()) == spec.parameters
    # A saved folder holds the position embedding, which two modules share, up to twice.
    assert 0 <= spec.weights.size - 4 * spec.parameters <= 2048


def test_prompts_decoded_together_are_those_decoded_alone():
    sam = tiny_sam()
    embedding = sam.embed(np.random.default_rng(0).integers(0, 256, (48, 80, 3)).astype(np.uint8))
    together = sam.predict_batch(embedding, PROMPTS)
    for prompt, masks in zip(PROMPTS, together, strict=True):
        alone = sam.predict(embedding, prompt)
        assert masks.data.shape == (3, 48, 80)
        assert (alone.data == masks.data).mean() > 0.999
        np.testing.assert_allclose(alone.predicted_iou, masks.predicted_iou, atol=1e-4)


def test_low_resolution_logits_cover_the_photo_and_not_the_padding():
    sam, image = tiny_sam(), np.zeros((48, 96, 3), np.uint8)
    low = sam.decode(sam.embed(image), np.array([[[20.0, 20]]]), np.array([[1]]))
    assert low.logits.shape == (1, 3, 16, 32)


@pytest.mark.parametrize("prompt", PROMPTS)
@pytest.mark.parametrize("hw", [(100, 80), (128, 77), (300, 400)])
def test_predict_gives_the_logits_of_the_librarys_own_processor_and_model(prompt, hw):
    # Pillow's resizing, as in segment-anything; that of torchvision rounds some pixels otherwise.
    kind = getattr(transformers, "SamImageProcessorPil", transformers.SamImageProcessor)
    resize = kind(
        size={"longest_edge": 128},
        mask_size={"longest_edge": 32},
        pad_size={"height": 128, "width": 128},
        mask_pad_size={"height": 32, "width": 32},
    )
    sam, image = tiny_sam(), blocks(*hw)
    points = prompt.point_coords
    inputs = transformers.SamProcessor(resize)(
        image,
        input_points=[[[list(p) for p in points]]] if points else None,
        input_labels=[[list(prompt.point_labels)]] if points else None,
        input_boxes=[[list(prompt.box_xyxy)]] if prompt.box_xyxy else None,
        return_tensors="pt",
    )
    for name in ("original_sizes", "reshaped_input_sizes"):
        inputs.pop(name)
    inputs = {k: v.float() if v.is_floating_point() else v for k, v in inputs.items()}
    with torch.inference_mode():
        expected = sam.network(**inputs, multimask_output=True)
    masks = sam.predict(sam.embed(image), prompt)
    order = expected.iou_scores[0, 0].argsort(descending=True)
    np.testing.assert_allclose(
        masks.predicted_iou, expected.iou_scores[0, 0][order].numpy(), atol=1e-4, rtol=0
    )
    logits = expected.pred_masks[0, 0][order].numpy()
    rows, columns = masks.low_res_logits.shape[-2:]
    np.testing.assert_allclose(masks.low_res_logits, logits[:, :rows, :columns], atol=1e-4, rtol=0)


def test_queries_of_two_kinds_are_refused_by_decode():
    sam = tiny_sam()
    embedding = sam.embed(np.zeros((32, 32, 3), np.uint8))
    coords = np.array([[[1, 1], [9, 9]], [[1, 1], [9, 9]]])
    with pytest.raises(InvalidPrompt, match="decode them apart"):
        sam.decode(embedding, coords, np.array([[2, 3], [1, 1]]))
