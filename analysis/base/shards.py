"""The work in shards: by hash of the task, so that all that is decided per task is decided in one shard."""

from __future__ import annotations

import hashlib

BYTES_PER_SHARD = 2 * 10**9
"""Where the user asks for no number of shards, there is one for so many bytes of input."""


def n_shards_for(n_bytes: int) -> int:
    """Number of shards for an input of `n_bytes`; at least 1."""
    return max(1, -(-n_bytes // BYTES_PER_SHARD))


def shard_of(task: str, n_shards: int) -> int:
    """Number, from 0, of the shard that the task belongs to. It depends on the task's name alone."""
    return int.from_bytes(hashlib.sha256(task.encode("utf-8", "surrogateescape")).digest()[:8], "big") % n_shards
