"""Devices and precisions: defaults, how networks run there, and equal results on all."""

import numpy as np
import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from esam_core import Prompt, devices, load_segmenter
from esam_core.benchmark.stages import measure_limits
from esam_core.benchmark.table1 import as_markdown, measure
from esam_core.devices import choose_device, choose_precision, computing, place, to_device
from esam_core.errors import InvalidSettings
from esam_core.everything import GridSettings, segment_everything
from esam_core.geometry import mask_iou
from esam_core.modeling.config import MiniConfig
from esam_core.modeling.efficient_sam import EfficientSam
from esam_core.modeling.mini import Mini
from tests.support.small import TINY

NETWORKS = {
    "EfficientSAM": lambda: EfficientSam(TINY),
    "mini": lambda: Mini(MiniConfig()),
}
ON_EVERY_DEVICE = pytest.mark.parametrize(
    "device", ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
)


@pytest.fixture
def autocast_everywhere(monkeypatch):
    """Run autocast on CPUs as on GPUs."""
    monkeypatch.setattr(devices, "CASTING", frozenset())


@pytest.fixture
def fake_cuda(monkeypatch):
    """Let autocast accept CUDA without a GPU: FakeTensorMode computes shapes and types only."""
    monkeypatch.setattr("torch.cuda.amp.common.amp_definitely_not_available", lambda: False)
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda *_, **__: True)


def test_devices_and_precisions_are_checked():
    assert choose_precision("fp32", "cuda") == "fp32"
    assert choose_precision("auto", "mps") == "fp32"
    assert choose_device("cpu") == "cpu"
    with pytest.raises(InvalidSettings, match="use auto or"):
        choose_device("tpu")
    with pytest.raises(InvalidSettings, match="fp32, bf16, fp16"):
        choose_precision("int8", "cpu")


@pytest.mark.parametrize(
    ("capabilities", "precision"),
    [({}, "fp32"), ({"avx512_f": True}, "fp32"), ({"avx512_bf16": True}, "bf16")],
)
def test_auto_precision_follows_the_processor(monkeypatch, capabilities, precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert choose_precision("auto", "cpu") == precision


@pytest.mark.parametrize(("supported", "precision"), [(True, "bf16"), (False, "fp16")])
def test_auto_precision_follows_the_gpu(monkeypatch, supported, precision):
    monkeypatch.setattr("torch.cuda.is_bf16_supported", lambda **_: supported)
    assert choose_precision("auto", "cuda") == precision


@ON_EVERY_DEVICE
def test_pixels_arrive_on_the_device_whatever_their_strides(device):
    image = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    turned = image.transpose(1, 0, 2)[::-1]
    arrived = to_device(turned, device)
    assert arrived.device.type == device
    np.testing.assert_array_equal(arrived.cpu().numpy(), turned)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_convolutions_lie_with_their_channels_last(precision):
    weight = place(Mini(MiniConfig()), "cpu", precision).neck.mix16[0].weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
    assert not weight.is_contiguous()


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_autocast_keeps_norms_and_positions_in_float32(autocast_everywhere, precision):
    network = place(EfficientSam(TINY), "cpu", precision)
    block = network.image_encoder.blocks[0]
    half = devices.DTYPES[precision]
    assert {block.attn.qkv.weight.dtype, block.mlp.fc1.bias.dtype, network.dtype} == {half}
    assert network.image_encoder.patch_embed.proj.weight.dtype == half
    for kept in (block.norm1.weight, network.image_encoder.pos_embed):
        assert kept.dtype == torch.float32
    dtypes = {}
    block.register_forward_hook(lambda *a: dtypes.update(residual=a[2].dtype))
    block.attn.qkv.register_forward_hook(lambda *a: dtypes.update(product=a[2].dtype))
    with computing("cpu", precision), torch.inference_mode():
        network.encode_image(torch.rand(1, 3, 40, 60))
    assert dtypes == {"residual": torch.float32, "product": half}


def test_outside_of_autocast_nothing_changes():
    with computing("cpu", "bf16"):
        assert not torch.is_autocast_enabled("cpu")
    with computing("cuda", "fp32"):
        assert not torch.is_autocast_enabled("cuda")


def test_autocast_finds_the_masks_of_fp32(autocast_everywhere, bear):
    exact, fast = (load_segmenter("mini", precision=p, device="cpu") for p in ("fp32", "bf16"))
    prompts = [Prompt.point(300, 350), Prompt.box(0, 68, 585, 632)]
    both = (s.predict_batch(s.embed(bear[0]), prompts) for s in (exact, fast))
    for a, b in zip(*both, strict=True):
        assert float(mask_iou(a[0].data, b.data).max()) > 0.97


@pytest.mark.skipif(torch.version.cuda is None, reason="torch was built without CUDA")
@pytest.mark.parametrize("dtype", [None, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.slow
def test_every_operation_of_a_network_finds_its_tensors_on_the_gpu(fake_cuda, name, dtype):
    """torch's fake tensors have a device and a dtype but no data; mixing devices is an error."""
    with FakeTensorMode():
        with torch.device("cuda"):
            network = NETWORKS[name]().eval()
            images, points = torch.empty(1, 3, 48, 64), torch.empty(1, 4, 2, 2)
            labels = torch.ones(1, 4, 2, dtype=torch.int64)
        with torch.autocast("cuda", dtype or torch.float16, enabled=dtype is not None):
            logits, predicted_iou = network(images, points, labels)
    assert {x.device.type for x in (logits, predicted_iou)} == {"cuda"}
    assert {x.dtype for x in (logits, predicted_iou)} == {torch.float32}
    assert logits.shape == (1, 4, 3, 48, 64)


@pytest.mark.gpu
@pytest.mark.parametrize("name", NETWORKS)
def test_cuda_agrees_with_cpu(name):
    torch.manual_seed(0)
    network = place(NETWORKS[name](), "cpu", "fp32")
    image, points = torch.rand(1, 3, 64, 64), torch.full((1, 1, 1, 2), 30.0)
    labels = torch.ones(1, 1, 1, dtype=torch.long)
    expected, _ = network(image, points, labels)
    got, _ = place(network, "cuda", "fp32")(image.cuda(), points.cuda(), labels.cuda())
    torch.testing.assert_close(got.cpu(), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.gpu
@pytest.mark.parametrize("precision", ["fp32", "auto", "fp16"])
def test_masks_agree_between_cuda_and_cpu(bear, precision):
    exact = load_segmenter("mini", precision="fp32", device="cpu")
    fast = load_segmenter("mini", precision=precision, device="cuda")
    prompts = [Prompt.point(300, 350), Prompt.box(0, 68, 585, 632)]
    both = (s.predict_batch(s.embed(bear[0]), prompts) for s in (exact, fast))
    for a, b in zip(*both, strict=True):
        assert float(mask_iou(a[0].data, b.data).max()) > 0.97
    settings = GridSettings(points_per_side=8)
    found = [segment_everything(s, bear[0], settings) for s in (exact, fast)]
    overlap = [mask_iou(mask, found[1].data).max() for mask in found[0].data]
    assert np.mean(overlap) > 0.9


@pytest.mark.gpu
def test_benchmarks_run_on_the_gpu():
    rows = measure(["efficient_sam_ti"], device="cuda")
    assert rows[0].device == "cuda" and torch.cuda.get_device_name() in as_markdown(rows)
    limits = measure_limits(["efficient_sam_ti"], device="cuda", repeats=1)
    assert all(0 < row.fraction < 1.5 for row in limits)
