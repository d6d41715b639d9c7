"""
What small autoencoders give, by diffusers: writes diffusion/vae/<case>.txt, the names and shapes of its state dictionary, and
<case>-<output>.f32, raw little-endian fp32. Weights and inputs are those that diffusion-vae.test.ts makes from their names.

    python scripts/reference/diffusion-vae.py
"""

import os

import numpy as np
import torch
from diffusers import AutoencoderKL, AutoencoderTiny

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "diffusion", "vae")
HEIGHT, WIDTH = 5, 7  # of the latents


def seeded(name, shape, low, high):
    """As in seeded.ts: FNV-1a of the name starts a linear congruential generator; all its states at once."""
    state = 2166136261
    for byte in name.encode():
        state = ((state ^ byte) * 16777619) % 2**32
    count = int(np.prod(shape))
    powers = np.cumprod(np.full(count, 1664525, np.uint32), dtype=np.uint32)
    sums = np.cumsum(np.concatenate([np.ones(1, np.uint32), powers[:-1]]), dtype=np.uint32)
    states = powers * np.uint32(state) + np.uint32(1013904223) * sums
    return (low + (high - low) * (states.astype(np.float64) / 2**32)).astype(np.float32).reshape(shape)


def values(name, shape):
    if len(shape) > 1:
        most = (3 / np.prod(shape[1:])) ** 0.5
        return seeded(name, shape, -most, most)
    return seeded(name, shape, -0.1, 0.1) if name.endswith("bias") else seeded(name, shape, 0.7, 1.3)


def filled(model):
    state = {name: torch.from_numpy(values(name, tuple(t.shape))) for name, t in model.state_dict().items()}
    model.load_state_dict(state)
    return model.eval()


def given(name, shape, most=1):
    return torch.from_numpy(seeded(name, shape, -most, most))


def write(case, model, outputs):
    with open(os.path.join(HERE, f"{case}.txt"), "w") as file:
        for name, tensor in model.state_dict().items():
            print(name, *tensor.shape, file=file)
    for name, value in outputs.items():
        value.detach().numpy().astype("<f4").tofile(os.path.join(HERE, f"{case}-{name}.f32"))


def autoencoder(widths, **more):
    levels = len(widths)
    return AutoencoderKL(
        block_out_channels=widths,
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        **more,
    )


def kl(case, model, latent, factor):
    filled(model)
    picture = given("sample", (1, 3, factor * HEIGHT, factor * WIDTH))
    posterior = model.encode(picture).latent_dist
    decoded = model.decode(given("latent", (1, latent, HEIGHT, WIDTH), 3)).sample
    write(case, model, {"mean": posterior.mean, "logvar": posterior.logvar, "sample": decoded})


def tiny(case, model, factor):
    filled(model)
    mean = model.encode(given("sample", (1, 3, factor * HEIGHT, factor * WIDTH))).latents
    decoded = model.decode(given("latent", (1, 4, HEIGHT, WIDTH), 3)).sample
    write(case, model, {"mean": mean, "sample": decoded})


if __name__ == "__main__":
    os.makedirs(HERE, exist_ok=True)
    torch.set_num_threads(1)
    with torch.no_grad():
        kl("kl", autoencoder((32, 64, 64, 96), layers_per_block=2, latent_channels=4), 4, 8)
        bare = {"use_quant_conv": False, "use_post_quant_conv": False, "mid_block_add_attention": False}
        kl("kl-bare", autoencoder((64, 32, 32), layers_per_block=1, latent_channels=16, **bare), 16, 4)
        tiny("tiny", AutoencoderTiny(), 8)
        cut = {"encoder_block_out_channels": (16,) * 3, "decoder_block_out_channels": (16,) * 3}
        cut |= {"num_encoder_blocks": (1, 2, 1), "num_decoder_blocks": (2, 1, 1)}
        tiny("tiny-cut", AutoencoderTiny(**cut), 4)
