"""The two-way transformer: prompt tokens and image tokens attend to each other.

Two optimisations help with many prompts on one image. The first block's projections of the image
tokens are the same for every prompt and are computed once (``SharedKeys``). In every other
attention between t tokens and n image tokens, the projection of all n image tokens is replaced by
the equivalent product on the t tokens: with scores q (W k) = (W' q) k, and likewise for values, no
per-prompt copy of projected image tokens is made. Results equal the plain form up to rounding.

Source: yformer/EfficientSAM at d525f622, whose two blocks differ from SAM's: the first keeps the
residual of its self-attention, the second adds the position code to the queries themselves.
"""

import math
from typing import NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from esam_core.modeling import cpu
from esam_core.modeling.layers import Mlp


class SharedKeys(NamedTuple):
    """The prompt-independent part of the first block, for b images of n tokens."""

    keys: Tensor  # (b, n, dim)
    position: Tensor  # (1, n, dim)
    token_to_image: tuple[Tensor, Tensor]  # projected keys and values, (b, heads, n, head dim)
    image_to_token: Tensor  # projected queries, (b, heads, n, head dim)


class TwoWayAttention(nn.Module):
    """Multi-head attention whose inner width may be smaller than its outer one."""

    def __init__(self, dim: int, heads: int, downsample: int = 1):
        super().__init__()
        inner = dim // downsample
        self.heads, self.head_dim = heads, inner // heads
        self.q_proj = nn.Linear(dim, inner)
        self.k_proj = nn.Linear(dim, inner)
        self.v_proj = nn.Linear(dim, inner)
        self.out_proj = nn.Linear(inner, dim)

    def forward(self, q: Tensor, k: Tensor, v: Tensor, weight: Tensor | None = None) -> Tensor:
        """Attend from q (b, m, dim) to k, v (b, t, dim); ``weight`` (t,) is added to the scores."""
        q, k, v = self.split(self.q_proj(q)), self.split(self.k_proj(k)), self.split(self.v_proj(v))
        if weight is not None:
            weight = weight.to(q.dtype).expand(1, 1, q.shape[-2], -1)
        return self.out_proj(self.join(F.scaled_dot_product_attention(q, k, v, weight)))

    def split(self, x: Tensor) -> Tensor:
        """Reshape (..., n, heads * head dim) to (..., heads, n, head dim)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(-2, -3)

    def join(self, x: Tensor) -> Tensor:
        """Reshape (..., heads, n, head dim) to (..., n, heads * head dim)."""
        return x.transpose(-2, -3).flatten(-2)

    def rows(self, projection: nn.Linear) -> Tensor:
        """Return the projection's weight per head, (heads, head dim, dim)."""
        return projection.weight.unflatten(0, (self.heads, -1))

    def from_tokens(self, tokens: Tensor, keys_at: Tensor, keys: Tensor) -> Tensor:
        """Attend from tokens (b, t, dim) to image tokens (b, n, dim).

        ``keys_at`` includes the position code, ``keys`` does not. The key bias adds the same number
        to all scores of a row and cancels in the softmax; the value bias passes through unchanged.
        """
        q = self.split(self.q_proj(tokens))  # (b, heads, t, head dim)
        q = (q * self.head_dim**-0.5 @ self.rows(self.k_proj)).flatten(1, 2)  # (b, heads * t, dim)
        # With few rows and many keys, plain products are faster than the fused kernel, whose
        # bfloat16 form needs AMX and whose blocks are sized for many rows.
        read = cpu.score(q, keys_at).softmax(dim=-1) @ keys
        read = read.unflatten(1, (self.heads, -1))  # (b, heads, t, dim)
        values = self.join(read @ self.rows(self.v_proj).mT) + self.v_proj.bias
        return self.out_proj(values)

    def to_image(
        self,
        keys: Tensor,
        keys_at: Tensor,
        token_keys: Tensor,
        token_values: Tensor,
        weight: Tensor,
    ) -> Tensor:
        """Attend from image tokens (b, n, dim) to t tokens; return the image tokens plus output."""
        k = self.split(self.k_proj(token_keys)) * self.head_dim**-0.5  # (b, heads, t, head dim)
        bias = (k * self.q_proj.bias.unflatten(0, (self.heads, 1, -1))).sum(-1, keepdim=True)
        scores = cpu.score((k @ self.rows(self.q_proj)).flatten(1, 2), keys_at)
        scores = scores.unflatten(1, k.shape[1:3]) + (bias + weight[:, None].to(bias.dtype))
        return self.spread(keys, scores, token_values)

    def spread(self, keys: Tensor, scores: Tensor, token_values: Tensor) -> Tensor:
        """Softmax scores (b, heads, t, n) over the tokens; add the attention output to ``keys``.

        The weights of a head sum to one, so adding a share of the output bias to every token adds
        the whole bias to every image token.
        """
        weights = scores.softmax(dim=2).flatten(1, 2)  # (b, heads * t, n)
        v = self.split(self.v_proj(token_values))  # (b, heads, t, head dim)
        out = self.out_proj.weight.T.unflatten(0, (self.heads, -1))  # (heads, head dim, dim)
        vectors = v @ out + self.out_proj.bias / self.heads
        return torch.baddbmm(keys, weights.mT, vectors.flatten(1, 2))


class TwoWayBlock(nn.Module):
    """Token self-attention, token-to-image attention, MLP, image-to-token attention."""

    def __init__(self, dim: int, heads: int, mlp_dim: int):
        super().__init__()
        self.self_attn = TwoWayAttention(dim, heads)
        self.norm1 = nn.LayerNorm(dim)
        self.cross_attn_token_to_image = TwoWayAttention(dim, heads, downsample=2)
        self.norm2 = nn.LayerNorm(dim)
        self.mlp = Mlp(dim, mlp_dim, dim, layers=1)
        self.norm3 = nn.LayerNorm(dim)
        self.norm4 = nn.LayerNorm(dim)
        self.cross_attn_image_to_token = TwoWayAttention(dim, heads, downsample=2)

    def share(self, keys: Tensor, position: Tensor) -> SharedKeys:
        """Project the image tokens (b, n, dim) once for all prompts; for the first block."""
        keys_at = keys + position
        read, write = self.cross_attn_token_to_image, self.cross_attn_image_to_token
        return SharedKeys(
            keys,
            position,
            (
                read.split(read.k_proj(keys_at)).contiguous(),
                read.split(read.v_proj(keys)).contiguous(),
            ),
            write.split(write.q_proj(keys_at)).contiguous(),
        )

    def first(self, tokens: Tensor, shared: SharedKeys, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Run as the first block on tokens (b, q, t, dim) of q prompts for each of b images.

        Returns:
            Tokens (b * q, t, dim) and image tokens (b * q, n, dim), now one copy per prompt.
        """
        b, q, t, _ = tokens.shape
        code = tokens.flatten(0, 1)
        queries = self.norm1(code + self.self_attn(code, code, code, weight))

        read = self.cross_attn_token_to_image
        asked = read.split(read.q_proj(queries + code).unflatten(0, (b, q)).flatten(1, 2))
        found = F.scaled_dot_product_attention(asked, *shared.token_to_image)
        found = read.out_proj(read.join(found)).unflatten(1, (q, t)).flatten(0, 1)
        queries = self.norm2(queries + found)
        queries = self.norm3(queries + self.mlp(queries))

        write = self.cross_attn_image_to_token
        k = write.split(write.k_proj(queries + code).unflatten(0, (b, q)).flatten(1, 2))
        scores = (k * write.head_dim**-0.5) @ shared.image_to_token.mT  # (b, heads, q * t, n)
        scores = scores.unflatten(2, (q, t)).transpose(1, 2).flatten(0, 1)
        scores = scores + weight[:, None].to(scores.dtype)
        keys = shared.keys[:, None].expand(-1, q, -1, -1).flatten(0, 1)
        return queries, self.norm4(write.spread(keys, scores, queries))

    def second(
        self, queries: Tensor, keys: Tensor, code: Tensor, position: Tensor, weight: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Run as a later block on tokens (b, t, dim) and their own image tokens (b, n, dim)."""
        x = queries + code
        queries = self.norm1(x + self.self_attn(x, x, x, weight))
        keys_at = keys + position
        found = self.cross_attn_token_to_image.from_tokens(queries + code, keys_at, keys)
        queries = self.norm2(queries + found)
        queries = self.norm3(queries + self.mlp(queries))
        write = self.cross_attn_image_to_token
        keys = write.to_image(keys, keys_at, queries + code, queries, weight)
        return queries, self.norm4(keys)


class TwoWayTransformer(nn.Module):
    """Two blocks and a final token-to-image attention."""

    def __init__(self, dim: int, heads: int, mlp_dim: int):
        super().__init__()
        self.layers = nn.ModuleList(TwoWayBlock(dim, heads, mlp_dim) for _ in range(2))
        self.final_attn_token_to_image = TwoWayAttention(dim, heads, downsample=2)
        self.norm_final_attn = nn.LayerNorm(dim)

    def share(self, keys: Tensor, position: Tensor) -> SharedKeys:
        """Compute the prompt-independent part, for image tokens (b, n, dim)."""
        return self._blocks()[0].share(keys, position)

    def forward(
        self,
        shared: SharedKeys,
        tokens: Tensor,
        geometry: Tensor | None = None,
        *,
        copies: int = 1,
        answers: int | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Decode tokens (b, q, t, dim) of q prompts for each of b images.

        Args:
            shared: From ``share``.
            tokens: Output tokens and prompt tokens of every prompt.
            geometry: Added to the image tokens after the first block, (b * q, n, dim).
            copies: How many equal tokens the last one represents. Equal tokens stay equal, and c
                copies in a softmax are one whose score is higher by log c.
            answers: How many of the first tokens are returned; None for all.

        Returns:
            The first tokens (b * q, answers, dim) and image tokens (b * q, n, dim).
        """
        weight = tokens.new_zeros(tokens.shape[2], dtype=torch.float32)
        weight[-1] = math.log(copies)
        code = tokens.flatten(0, 1)
        first, second = self._blocks()
        queries, keys = first.first(tokens, shared, weight)
        if geometry is not None:
            keys = keys + geometry
        queries, keys = second.second(queries, keys, code, shared.position, weight)
        queries, code = queries[:, :answers], code[:, :answers]
        found = self.final_attn_token_to_image.from_tokens(
            queries + code, keys + shared.position, keys
        )
        return self.norm_final_attn(queries + found), keys

    def _blocks(self) -> "tuple[TwoWayBlock, TwoWayBlock]":
        first, second = self.layers
        return cast(TwoWayBlock, first), cast(TwoWayBlock, second)
