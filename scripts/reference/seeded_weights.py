"""Weights that a script and a test make alike, by their names, so that none are stored."""

import numpy as np
import torch


def seeded(name, shape, low, high):
    """As in seeded.ts: FNV-1a of the name starts a linear congruential generator. All its states at once."""
    state = 2166136261
    for byte in name.encode():
        state = ((state ^ byte) * 16777619) % 2**32
    count = int(np.prod(shape))
    factors = np.multiply.accumulate(np.full(count, 1664525, np.uint32), dtype=np.uint32)
    sums = np.add.accumulate(np.concatenate([[1], factors[:-1]]).astype(np.uint32), dtype=np.uint32)
    states = factors * np.uint32(state) + sums * np.uint32(1013904223)
    return torch.from_numpy((low + (high - low) * (states.astype(np.float64) / 2**32)).astype(np.float32).reshape(shape))


def values(name, shape):
    if len(shape) > 1:
        most = 1 if "embedding.weight" in name else (3 / np.prod(shape[1:])) ** 0.5
        return seeded(name, shape, -most, most)
    return seeded(name, shape, -0.1, 0.1) if name.endswith("bias") else seeded(name, shape, 0.8, 1.2)


def filled(model):
    state = {
        name: tensor if name.endswith("position_ids") else values(name, tuple(tensor.shape))
        for name, tensor in model.state_dict().items()
    }
    model.load_state_dict(state)
    return model.eval()
