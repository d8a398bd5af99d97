"""The network: a Llama with grouped-query attention, tied embeddings and rotary positions over neighbouring pairs (2i, 2i+1)."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

Linear = Callable[[Tensor, Tensor], Tensor]
"""(activations [.., K], weight [N, K]) -> [.., N]; evaluation puts a quantizing one here."""


@dataclass(frozen=True)
class Shape:
    """Sizes; every input dimension of a matrix is a multiple of 32, a block of Q8_0."""

    vocab: int = 1024
    context: int = 512
    dim: int = 128
    layers: int = 3
    heads: int = 8
    kv_heads: int = 4
    hidden: int = 256
    epsilon: float = 1e-5
    rope_base: float = 10000.0

    @property
    def head_dim(self) -> int:
        """Width of one head."""
        return self.dim // self.heads

    @property
    def kv_dim(self) -> int:
        """Width of all key heads together."""
        return self.kv_heads * self.head_dim


def rms_norm(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """x / sqrt(mean(x^2) + epsilon) * weight, over the last dimension."""
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon) * weight


def rotation(shape: Shape, length: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines [length, head_dim/2] of the positions 0 .. length-1."""
    pair = torch.arange(0, shape.head_dim, 2, dtype=torch.float64)
    angle = torch.outer(torch.arange(length, dtype=torch.float64), shape.rope_base ** (-pair / shape.head_dim))
    return angle.cos().float(), angle.sin().float()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns each pair (2i, 2i+1) of [batch, head, position, head_dim] by its angle."""
    even, odd = x[..., 0::2], x[..., 1::2]
    return torch.stack((even * cos - odd * sin, even * sin + odd * cos), dim=-1).flatten(-2)


class Block(nn.Module):
    """Attention and SwiGLU, each behind an RMSNorm and added to the residual."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.attn_norm = nn.Parameter(torch.ones(shape.dim))
        self.attn_q = matrix(shape.dim, shape.dim)
        self.attn_k = matrix(shape.kv_dim, shape.dim)
        self.attn_v = matrix(shape.kv_dim, shape.dim)
        self.attn_output = matrix(shape.dim, shape.dim, 1 / math.sqrt(2 * shape.layers))
        self.ffn_norm = nn.Parameter(torch.ones(shape.dim))
        self.ffn_gate = matrix(shape.hidden, shape.dim)
        self.ffn_up = matrix(shape.hidden, shape.dim)
        self.ffn_down = matrix(shape.dim, shape.hidden, 1 / math.sqrt(2 * shape.layers))

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, linear: Linear) -> Tensor:
        """[batch, position, dim] -> the same."""
        x = x + self.attend(rms_norm(x, self.attn_norm, self.shape.epsilon), cos, sin, linear)
        h = rms_norm(x, self.ffn_norm, self.shape.epsilon)
        gated = functional.silu(linear(h, self.ffn_gate)) * linear(h, self.ffn_up)
        return x + linear(gated, self.ffn_down)

    def attend(self, h: Tensor, cos: Tensor, sin: Tensor, linear: Linear) -> Tensor:
        """Causal attention; each key head serves heads / kv_heads query heads in a row."""
        batch, length, _ = h.shape
        shape = self.shape
        q = linear(h, self.attn_q).view(batch, length, shape.heads, shape.head_dim).transpose(1, 2)
        k = linear(h, self.attn_k).view(batch, length, shape.kv_heads, shape.head_dim).transpose(1, 2)
        v = linear(h, self.attn_v).view(batch, length, shape.kv_heads, shape.head_dim).transpose(1, 2)
        share = shape.heads // shape.kv_heads
        k, v = rotate(k, cos, sin).repeat_interleave(share, 1), v.repeat_interleave(share, 1)
        mixed = functional.scaled_dot_product_attention(rotate(q, cos, sin), k, v, is_causal=True)
        return linear(mixed.transpose(1, 2).reshape(batch, length, shape.dim), self.attn_output)


class Llama(nn.Module):
    """The whole model. Parameter names follow GGUF, up to the prefix `blk.` and the suffix `.weight`."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Parameter(torch.randn(shape.vocab, shape.dim) * 0.02)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = nn.Parameter(torch.ones(shape.dim))
        cos, sin = rotation(shape, shape.context)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def hidden(self, ids: Tensor, linear: Linear = functional.linear) -> Tensor:
        """Normalised states [batch, position, dim] of token ids [batch, position]."""
        x = self.token_embd[ids]
        length = ids.shape[1]
        for block in self.blocks:
            x = block(x, self.cos[:length], self.sin[:length], linear)
        return rms_norm(x, self.output_norm, self.shape.epsilon)

    def head(self, states: Tensor, linear: Linear = functional.linear) -> Tensor:
        """Logits [.., vocab]; the head is the embedding."""
        return linear(states, self.token_embd)

    def gguf_tensors(self) -> dict[str, Tensor]:
        """Parameters under their GGUF names, in the order of the file."""
        named = {"token_embd.weight": self.token_embd, "output_norm.weight": self.output_norm}
        for i, block in enumerate(self.blocks):
            named |= {f"blk.{i}.{name}.weight": value for name, value in block.named_parameters()}
        return named


def matrix(rows: int, columns: int, gain: float = 1.0) -> nn.Parameter:
    """A random weight [rows, columns] that keeps the size of its input, times gain."""
    return nn.Parameter(torch.randn(rows, columns) * (gain / math.sqrt(columns)))
