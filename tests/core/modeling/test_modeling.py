"""The networks agree with upstream, and their optimizations with the plain form."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from esam_core.modeling import cpu
from esam_core.modeling.config import EfficientSamConfig
from esam_core.modeling.cpu import attend_by_rows, capabilities, cells_to_rows, needs_rows
from esam_core.modeling.efficient_sam import EfficientSam
from esam_core.modeling.prompt_encoder import PositionEmbedding
from esam_core.modeling.transformer import TwoWayAttention, TwoWayTransformer
from tests.golden.fill import fill
from tests.support.small import TINY

GOLDEN = Path(__file__).parents[2] / "golden"
CONFIGS = {"ti": EfficientSamConfig(), "s": EfficientSamConfig(embed_dim=384, num_heads=6)}
GENTLE_PROMPTS = (
    "corner",
    "far_corner",
    "edge",
    "six",
    "box",
    "box_four",
    "background",
    "fraction",
)


@pytest.fixture(scope="module", autouse=True)
def no_gradients():
    with torch.no_grad():
        yield


@pytest.fixture(scope="module", params=CONFIGS)
def golden(request):
    """Network with the golden weights, its arrays, and the features of the golden image."""
    network = fill(EfficientSam(CONFIGS[request.param]))
    arrays = np.load(GOLDEN / f"efficient_sam_{request.param}.npz")
    gentle = np.load(GOLDEN / f"gentle_{request.param}.npz")
    image = torch.from_numpy(arrays["image"]).permute(2, 0, 1)[None] / 255
    return request.param, network, arrays, gentle, image, network.encode_image(image)


def soften(network):
    """Return a copy of the network whose attention is as soft as a trained one's."""
    soft = EfficientSam(network.config).eval()
    state = network.state_dict()
    for name in state:
        if name.startswith("mask_decoder") and name.endswith(("q_proj.weight", "k_proj.weight")):
            state[name] = state[name] * 0.25
    soft.load_state_dict(state)
    return soft


def decode(network, features, arrays, prompt, image_hw):
    coords = torch.from_numpy(arrays[f"{prompt}_coords"])[None, None]
    labels = torch.from_numpy(arrays[f"{prompt}_labels"])[None, None]
    positions = network.positions(coords, image_hw)
    context = network.prepare(features)
    logits, iou = network.decode_masks(features, context, positions, labels)
    return logits[0], network.upscale(logits[0], image_hw), iou[0, 0]


@pytest.mark.parametrize("size", CONFIGS)
def test_names_and_shapes_are_upstreams(size):
    ours = {f"{k} {tuple(v.shape)}" for k, v in EfficientSam(CONFIGS[size]).state_dict().items()}
    theirs = set((GOLDEN / f"state_dict_{size}.txt").read_text().strip().splitlines())
    assert ours == theirs
    assert len(ours) == 278


@pytest.mark.parametrize(
    ("size", "parameters", "fingerprint"),
    [
        ("ti", 10_223_204, "9275f41d5e2a098cea2ad837e80d0371269450ab038ad18e554c69b2d7e5b249"),
        ("s", 26_413_028, "622c76d102a70c0afa96e402558d8da1063f5da8cecfcc860b181661bc4863f6"),
    ],
)
def test_parameter_count_and_fingerprint_are_the_published_ones(size, parameters, fingerprint):
    network = EfficientSam(CONFIGS[size])
    assert sum(p.numel() for p in network.parameters()) == parameters
    lines = sorted(f"{k} {list(v.shape)}" for k, v in network.state_dict().items())
    assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == fingerprint


@pytest.mark.slow
def test_embeddings_equal_upstreams(golden):
    _, _, arrays, _, _, features = golden
    ours = features.embedding[0, ::32, ::8, ::8].numpy()
    np.testing.assert_allclose(ours, arrays["embedding"], atol=1e-4)


@pytest.mark.parametrize("prompt", ["point", "points", "box", "box_point"])
def test_sharp_weights_agree_as_closely_as_upstream_agrees_with_itself(golden, prompt):
    # See golden/README.md: rounding grows 100,000-fold under these weights; upstream itself moves
    # by 0.17 (logits) and 0.0033 (IoU) from one processor to another.
    _, network, arrays, _, image, features = golden
    low, full, iou = decode(network, features, arrays, prompt, image.shape[-2:])
    np.testing.assert_allclose(iou.numpy(), arrays[f"{prompt}_iou"], atol=4e-3)
    for ours, name in ((low[0, :, ::16, ::16], "low_res"), (full[0, :, ::8, ::8], "logits")):
        error = np.abs(ours.numpy() - arrays[f"{prompt}_{name}"])
        assert np.median(error) < 0.012
        assert error.max() < 0.25


@pytest.mark.parametrize("prompt", GENTLE_PROMPTS)
def test_soft_weights_agree_to_four_decimals(golden, prompt):
    _, network, _, gentle, image, features = golden
    low, full, iou = decode(soften(network), features, gentle, prompt, image.shape[-2:])
    np.testing.assert_allclose(iou.numpy(), gentle[f"{prompt}_iou"], atol=1e-4)
    np.testing.assert_allclose(low[0, :, ::8, ::8], gentle[f"{prompt}_low_res"], atol=3e-4)
    np.testing.assert_allclose(full[0, :, ::8, ::8], gentle[f"{prompt}_logits"], atol=3e-4)


@pytest.mark.slow
def test_a_batch_of_images_and_queries_equals_upstreams(golden):
    _, network, _, gentle, image, _ = golden
    images = torch.cat([image, image.flip(-1)])
    points = torch.from_numpy(gentle["two_images_coords"])
    labels = torch.ones(points.shape[:-1], dtype=torch.long)
    logits, iou = soften(network)(images, points, labels)
    assert logits.shape == (2, 3, 3, 192, 256)
    np.testing.assert_allclose(iou, gentle["two_images_iou"], atol=1e-4)
    np.testing.assert_allclose(logits[..., ::16, ::16], gentle["two_images_logits"], atol=3e-4)


def published_fill(network, decoder_amplitude, quadratic):
    """Fill weights by the sine rule under which the published probe values were computed."""
    state = network.state_dict()
    for k, name in enumerate(sorted(state)):
        shape = state[name].shape
        i = np.arange(state[name].numel(), dtype=np.float64)
        amplitude = decoder_amplitude if name.startswith("mask_decoder.") else 0.05
        phase = 0.37 * i + k + (1e-4 * ((i * i) % 1009) if quadratic else 0)
        value = amplitude * np.sin(phase)
        if name.endswith("gaussian_matrix"):
            value *= 20
        if len(shape) == 1 and name.endswith("weight"):
            value += 1
        state[name] = torch.from_numpy(value.astype(np.float32)).reshape(shape)
    network.load_state_dict(state)
    return network.eval()


def probe_image():
    y, x = np.mgrid[:300, :500].astype(np.float64)
    planes = [0.5 + 0.5 * np.sin(0.01 * x * (c + 1) + 0.013 * y) for c in range(3)]
    return torch.from_numpy(np.stack(planes).astype(np.float32))[None]


def decodable(network, points, labels):
    features = network.encode_image(probe_image())
    return features, network.prepare(features), network.positions(points, (300, 500)), labels


PROBES = {
    "one point": ([[250, 150]], [1], (-0.08041, -0.02853, 0.03153)),
    "two points": ([[100, 80], [400, 200]], [1, 1], (-0.07464, -0.02094, 0.03927)),
    "box": ([[60, 40], [420, 260]], [2, 3], (-0.08568, -0.03777, 0.02035)),
    "box and point": (
        [[60, 40], [420, 260], [250, 150]],
        [2, 3, 1],
        (-0.08563, -0.03770, 0.02041),
    ),
    "label 0": ([[250, 150], [100, 80]], [1, 0], (-0.08201, -0.03093, 0.02886)),
}


@pytest.fixture(scope="module")
def probed():
    network = published_fill(EfficientSam(CONFIGS["ti"]), 0.05, quadratic=False)
    return network, network.encode_image(probe_image())


def test_probe_embedding_and_position_codes(probed):
    network, features = probed
    embedding = features.embedding
    assert embedding.mean() == pytest.approx(-0.000252, abs=2e-5)
    assert embedding.std() == pytest.approx(1.001054, abs=2e-5)
    np.testing.assert_allclose(embedding[0, 0, 0, :3], [-0.76472, -0.54939, -0.56296], atol=2e-4)
    assert embedding[0, 100, 20, 30] == pytest.approx(1.00759, abs=2e-4)
    dense = network.prompt_encoder.pe_layer.dense(64, 64)
    np.testing.assert_allclose(dense[0, :3, 0], [0.98041, 0.95953, 0.93136], atol=2e-5)
    pad = network.positions(torch.tensor([[[[-1.0, -1.0]]]]), (300, 500))
    token = network.prompt_encoder(pad, torch.tensor([[[-1]]]))
    np.testing.assert_allclose(token[0, 0, 0, :3], [0.93501, 0.95163, 0.94608], atol=2e-5)


@pytest.mark.parametrize("name", PROBES)
def test_probe_predicted_iou(probed, name):
    network, features = probed
    coords, labels, expected = PROBES[name]
    positions = network.positions(torch.tensor([[coords]]), (300, 500))
    context = network.prepare(features)
    _, iou = network.decode_masks(features, context, positions, torch.tensor([[labels]]))
    np.testing.assert_allclose(iou[0, 0], expected, atol=2e-5)


@pytest.mark.parametrize(
    ("size", "one_point_mean", "one_point_std", "at", "box_mean"),
    [
        (
            "ti",
            (0.8753, 0.9022, 0.9679),
            (0.5, 0.4619, 0.4070),
            (0.2765, 0.3822, 0.5728),
            (0.8762, 0.9023, 0.9672),
        ),
        ("s", (0.8322, 0.8645, 0.9372), None, (0.2912, 0.4006, 0.5948), (0.8329, 0.8645, 0.9363)),
    ],
)
@pytest.mark.slow
def test_probe_logits(size, one_point_mean, one_point_std, at, box_mean):
    network = published_fill(EfficientSam(CONFIGS[size]), 0.2, quadratic=True)
    points = torch.tensor([[[[250.0, 150], [-1, -1]], [[60, 40], [420, 260]]]])
    labels = torch.tensor([[[1, -1], [2, 3]]])
    logits, iou = network(probe_image(), points, labels)
    one_point, box = logits[0]
    np.testing.assert_allclose(one_point.mean((-1, -2)), one_point_mean, atol=2e-3)
    np.testing.assert_allclose(one_point[:, 150, 250], at, atol=2e-3)
    np.testing.assert_allclose(box.mean((-1, -2)), box_mean, atol=2e-3)
    if one_point_std:
        low_res = network.decode_masks(*decodable(network, points, labels))[0][0, 0]
        np.testing.assert_allclose(low_res.std((-1, -2)), one_point_std, atol=2e-3)
        np.testing.assert_allclose(iou[0, 1], (-1.4442, -0.3196, 0.8791), atol=2e-3)


def test_attention_without_projected_keys_equals_plain_attention():
    torch.manual_seed(0)
    attention = TwoWayAttention(32, 4, downsample=2)
    tokens, keys, position = torch.randn(3, 7, 32), torch.randn(3, 50, 32), torch.randn(1, 50, 32)
    keys_at = keys + position
    plain = attention(tokens, keys_at, keys)
    torch.testing.assert_close(attention.from_tokens(tokens, keys_at, keys), plain)
    values = torch.randn(3, 7, 32)
    plain = keys + attention(keys_at, tokens, values)
    even = torch.zeros(7)
    added = attention.to_image(keys, keys_at, tokens, values, even)
    torch.testing.assert_close(added, plain)


def test_a_token_that_counts_five_times_is_five_equal_tokens():
    torch.manual_seed(0)
    transformer = TwoWayTransformer(32, 4, 16)
    shared = transformer.share(torch.randn(1, 50, 32), torch.randn(1, 50, 32))
    tokens = torch.randn(1, 3, 7, 32)
    repeated = torch.cat([tokens, tokens[:, :, -1:].expand(-1, -1, 4, -1)], dim=2)
    found, keys = transformer(shared, tokens, copies=5, answers=4)
    all_found, all_keys = transformer(shared, repeated)
    torch.testing.assert_close(found, all_found[:, :4])
    torch.testing.assert_close(keys, all_keys)


def test_masks_are_the_product_of_tokens_and_upscaled_features():
    torch.manual_seed(0)
    network = EfficientSam(TINY).eval()
    features = network.encode_image(torch.rand(1, 3, 90, 70))
    context = network.prepare(features)
    positions, labels = torch.rand(1, 2, 6, 2), torch.ones(1, 2, 6, dtype=torch.long)
    attended = network.attend(features, context, positions, labels)
    decoder = network.mask_decoder
    x = attended.keys.mT.unflatten(2, context.grid_hw)
    for layer in decoder.final_output_upscaling_layers:
        x = layer(x)
    hyper = [
        mlp(attended.mask_tokens[:, i])
        for i, mlp in enumerate(decoder.output_hypernetworks_mlps[1:])
    ]
    expected = torch.einsum("mck,mkhw->mchw", torch.stack(hyper, 1), x)
    torch.testing.assert_close(network.draw(context, attended), expected)


def test_prompts_of_several_images_equal_single_calls():
    torch.manual_seed(0)
    network = EfficientSam(TINY).eval()
    images = torch.rand(2, 3, 40, 60)
    points, labels = torch.rand(2, 3, 4, 2) * 40, torch.ones(2, 3, 4, dtype=torch.long)
    logits, iou = network(images, points, labels)
    for b in range(2):
        for q in range(3):
            one, one_iou = network(
                images[b : b + 1], points[b : b + 1, q : q + 1], labels[b : b + 1, q : q + 1]
            )
            torch.testing.assert_close(one[0, 0], logits[b, q], rtol=1e-4, atol=1e-4)
            torch.testing.assert_close(one_iou[0, 0], iou[b, q], rtol=1e-4, atol=1e-4)


def test_a_seventh_token_is_refused_by_the_network():
    network = EfficientSam(TINY).eval()
    with pytest.raises(ValueError, match="7 prompt tokens given, the network reads 6"):
        network(torch.rand(1, 3, 8, 8), torch.zeros(1, 1, 7, 2), torch.ones(1, 1, 7))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float64])
def test_position_codes_stay_in_float32(dtype):
    layer = PositionEmbedding(32)
    before = layer.positional_encoding_gaussian_matrix.clone()
    layer.to(dtype)
    after = layer.positional_encoding_gaussian_matrix
    assert after.dtype == torch.float32
    assert torch.equal(before, after)
    assert layer(torch.rand(5, 2, dtype=dtype)).dtype == torch.float32


def test_bf16_weights_and_autocast_answer_nearly_as_fp32():
    torch.manual_seed(0)
    network = EfficientSam(TINY).eval()
    image, points = torch.rand(1, 3, 64, 64), torch.full((1, 1, 1, 2), 30.0)
    labels = torch.ones(1, 1, 1, dtype=torch.long)
    exact, _ = network(image, points, labels)
    with torch.autocast("cpu", torch.bfloat16):
        cast, _ = network(image, points, labels)
    half, _ = network.to(torch.bfloat16)(image, points, labels)
    for approximate in (cast, half):
        assert F.cosine_similarity(approximate.float().flatten(), exact.flatten(), dim=0) > 0.99


def test_the_position_embedding_is_resized_again_for_new_weights():
    network = EfficientSam(TINY).eval()
    encoder = network.image_encoder
    first = encoder.position_embedding()
    assert encoder.position_embedding() is first
    state = {k: v.clone() for k, v in network.state_dict().items()}
    state["image_encoder.pos_embed"] += 1
    network.load_state_dict(state)
    torch.testing.assert_close(encoder.position_embedding(), first + 1)


def test_gradients_reach_every_weight_that_answers():
    torch.manual_seed(0)
    network = EfficientSam(TINY).train()
    points, labels = torch.full((1, 1, 1, 2), 30.0), torch.ones(1, 1, 1, dtype=torch.long)
    with torch.enable_grad():
        logits, predicted_iou = network(torch.rand(1, 3, 64, 64), points, labels)
        (logits.mean() + predicted_iou.mean()).backward()
    without = {name for name, weight in network.named_parameters() if weight.grad is None}
    # A key's bias cancels in a softmax; the output of the first mask token is not used.
    silent = {
        f"mask_decoder.transformer.{name}.k_proj.bias"
        for name in ("layers.1.cross_attn_token_to_image", "final_attn_token_to_image")
    }
    first = "mask_decoder.output_hypernetworks_mlps.0."
    assert {name for name in without if not name.startswith(first)} == silent


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_cells_become_rows_as_two_pixel_shuffles_would_lay_them(dtype):
    shuffled = torch.randn(2, 3, 4 * 5, 4 * 7).to(dtype)
    coarse = F.pixel_unshuffle(shuffled, 2).unflatten(1, (3, 4))  # (m, 3, y2 x2, 2h, 2w)
    fine = F.pixel_unshuffle(coarse.flatten(1, 2), 2).unflatten(1, (3, 4, 4))
    cells = fine.permute(0, 1, 4, 5, 3, 2).flatten(2)  # (m, 3, h, w, y1 x1, y2 x2)
    assert torch.equal(cells_to_rows(cells.contiguous(), 5, 7), shuffled.float())


ONEDNN_BF16 = pytest.mark.skipif(
    "avx512_bf16" not in capabilities(),
    reason="oneDNN's layout holds bfloat16 only on processors with AVX512-BF16",
)


@pytest.mark.parametrize(
    ("dtype", "atol"),
    [(torch.float32, 1e-5), pytest.param(torch.bfloat16, 8e-3, marks=ONEDNN_BF16)],
)
def test_attention_by_rows_equals_the_fused_kernel(dtype, atol):
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 2, 3, 700, 16).to(dtype)
    expected = F.scaled_dot_product_attention(q, k, v)
    torch.testing.assert_close(attend_by_rows(q, k, v), expected, rtol=0, atol=atol)


@pytest.mark.parametrize(
    ("capabilities", "dtype", "by_rows"),
    [
        ({"avx512_bf16": True}, torch.bfloat16, True),
        ({"avx512_bf16": True, "amx_bf16": True}, torch.bfloat16, False),
        ({"avx512_bf16": True}, torch.float32, False),
        ({}, torch.bfloat16, False),
    ],
)
def test_rows_are_used_only_where_the_fused_kernel_is_slow(
    monkeypatch, capabilities, dtype, by_rows
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert needs_rows(torch.zeros(1, dtype=dtype)) == by_rows


@pytest.mark.parametrize("size_hw", [(37, 100), (371, 640), (16, 20), (1, 1)])
@pytest.mark.parametrize("mode", ["bicubic", "bilinear"])
def test_resizing_by_bands_equals_interpolation(size_hw, mode):
    torch.manual_seed(0)
    x = torch.randn(2, 3, 32, 48)
    expected = F.interpolate(x, size_hw, mode=mode, align_corners=False)
    torch.testing.assert_close(cpu.resize(x, size_hw, mode), expected, rtol=0, atol=1e-5)


def test_resizing_passes_gradients():
    with torch.enable_grad():
        x = torch.ones(1, 1, 4, 4, requires_grad=True)
        cpu.resize(x, (8, 8), "bicubic").sum().backward()
    torch.testing.assert_close(x.grad.sum(), torch.tensor(64.0))
