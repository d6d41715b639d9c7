"""Noise, schedules and whole trajectories of samplers, into diffusion/samplers.

Noise: Philox by a small numpy program that shares nothing with the app's, MT19937 and normal values by torch.
Trajectories: k-diffusion's samplers and diffusers' schedulers over eight steps, with a cheap made-up denoiser in place of
a network and with the same Philox values as noise.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch

OUT = Path(__file__).parent / "diffusion" / "samplers"
SEEDS = [0, 1, 2, 3, 7, 42, 123, 1337, 31337, 65535, 1234567, 2**31 - 1, 2**31, 3735928559, 2**32 - 1, 2**32, 2**53 - 1]


def philox(counters, seed):
    """Ten rounds over counters [n, 4] in Python's own integers, held in object arrays."""
    c = [counters[:, i].astype(object) for i in range(4)]
    k = [seed % 2**32, seed // 2**32 % 2**32]
    for _ in range(10):
        p0, p1 = c[0] * 0xD2511F53, c[2] * 0xCD9E8D57
        c = [(p1 // 2**32) ^ c[1] ^ k[0], p1 % 2**32, (p0 // 2**32) ^ c[3] ^ k[1], p0 % 2**32]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return np.stack([v.astype(np.uint64) for v in c], axis=1)


def philox_normals(seed, draw, n, first=0):
    counters = np.zeros((n, 4), dtype=np.uint64)
    counters[:, 0] = draw
    counters[:, 2] = first + np.arange(n, dtype=np.uint64)
    words = philox(counters, seed).astype(np.float64)
    u = (words[:, 0] + 0.5) / 2**32
    v = (words[:, 1] + 0.5) * float(np.float32(2 * math.pi / 2**32))
    return (np.sqrt(-2 * np.log(u)) * np.sin(v)).astype(np.float32)


def mt_words(seed, n):
    """Numpy's MT19937, seeded in the old way, which is torch's."""
    state = np.random.RandomState(seed % 2**32)
    return [int(w) for w in state.randint(0, 2**32, size=n, dtype=np.uint32)]


def noise():
    out = []
    for seed in SEEDS:
        counters = np.array([[0, 0, 0, 0], [3, 0, 70000, 0], [9, 0, 2**32 - 1, 0]], dtype=np.uint64)
        torch.manual_seed(seed)
        # In this order: a whole number of blocks, a tail, two short odd ones, and a long one again.
        torch_draws = [torch.randn(n).tolist() for n in (16, 45, 5, 4, 20)]
        out.append(
            {
                "seed": seed,
                "philox": philox(counters, seed).tolist(),
                "philoxNormals": [philox_normals(seed, d, 12, f).tolist() for d, f in ((0, 0), (1, 0), (5, 100000))],
                "mt": mt_words(seed, 6) + mt_words(seed, 1300)[-4:],
                "torch": torch_draws,
            }
        )
    return out


def write(name, value):
    text = json.dumps(value, separators=(",", ":"))
    text = json.dumps(shorter(json.loads(text)), separators=(",", ":"))
    (OUT / name).write_text(text + "\n")


def shorter(value):
    """Floats to the nine digits that tell single-precision numbers apart."""
    if isinstance(value, list):
        return [shorter(v) for v in value]
    if isinstance(value, dict):
        return {k: shorter(v) for k, v in value.items()}
    return float(f"{value:.9g}") if isinstance(value, float) else value


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    write("noise.json", noise())
