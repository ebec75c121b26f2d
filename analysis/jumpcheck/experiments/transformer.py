"""A small decoder-only transformer, for sequences of tokens and of images."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Block(nn.Module):
    """Causal self-attention and a perceptron, each after a layer norm and with a residual connection."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, length, width) to the same shape."""
        batch, length, width = x.shape
        heads = self.qkv(self.norm_1(x)).view(batch, length, 3, self.n_heads, width // self.n_heads).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(heads[0], heads[1], heads[2], is_causal=True)
        x = x + self.out(attended.transpose(1, 2).reshape(batch, length, width))
        return x + self.down(functional.gelu(self.up(self.norm_2(x))))


class Decoder(nn.Module):
    """Blocks over vectors of `width` at up to `length` places, and class scores at every place."""

    def __init__(self, width: int, length: int, n_classes: int, n_layers: int = 2) -> None:
        super().__init__()
        self.places = nn.Parameter(0.02 * torch.randn(length, width))
        n_heads = max(1, min(4, width // 8))
        self.blocks = nn.ModuleList(Block(width, n_heads) for _ in range(n_layers))
        self.norm, self.head = nn.LayerNorm(width), nn.Linear(width, n_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, length, width) to (batch, length, n_classes)."""
        x = x + self.places[: x.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


class LanguageModel(nn.Module):
    """Token indices to scores of the next token."""

    def __init__(self, n_tokens: int, width: int, length: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(n_tokens, width)
        self.decoder = Decoder(width, length, n_tokens)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(batch, length) to (batch, length, n_tokens)."""
        return self.decoder(self.embed(tokens))
