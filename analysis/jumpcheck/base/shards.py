"""Shards of the work: all numbers of a task are in one shard, which follows from the hash of the task's name."""

from __future__ import annotations

import hashlib

BYTES_PER_SHARD = 2 * 10**9
"""Bytes of input per shard where the user does not set the number of shards."""


def n_shards_for(n_bytes: int) -> int:
    """Number of shards for an input of `n_bytes`; at least 1."""
    return max(1, -(-n_bytes // BYTES_PER_SHARD))


def shard_of(task: str, n_shards: int) -> int:
    """Number, from 0, of the shard that the task belongs to. It depends only on the task's name."""
    return int.from_bytes(hashlib.sha256(task.encode("utf-8", "surrogateescape")).digest()[:8], "big") % n_shards
