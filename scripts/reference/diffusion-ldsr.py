"""
What a small network of latent super-resolution and its decoder give, by diffusers' UNet2DModel and VQModel: writes
diffusion/ldsr/<case>.txt and <case>-<output>.f32 as diffusion-vae.py does.

    python scripts/reference/diffusion-ldsr.py
"""

import importlib
import os

import torch
from diffusers import UNet2DModel, VQModel

vae = importlib.import_module("diffusion-vae")
vae.HERE = os.path.join(os.path.dirname(vae.HERE), "ldsr")
HEIGHT, WIDTH = 8, 16  # of the latents


def network(case, widths, attends, **more):
    model = UNet2DModel(
        in_channels=6,
        out_channels=3,
        block_out_channels=widths,
        down_block_types=tuple("AttnDownBlock2D" if a else "DownBlock2D" for a in attends),
        up_block_types=tuple("AttnUpBlock2D" if a else "UpBlock2D" for a in reversed(attends)),
        attention_head_dim=32,
        **more,
    )
    vae.filled(model)
    shape = (1, 3, HEIGHT, WIDTH)
    both = torch.cat([vae.given("sample", shape), vae.given("low", shape)], 1)
    vae.write(case, model, {"noise": model(both, torch.tensor([481.25])).sample})


def decoder(case, **more):
    levels = 3
    model = VQModel(
        block_out_channels=(32, 64, 96),
        down_block_types=("DownEncoderBlock2D",) * levels,
        up_block_types=("UpDecoderBlock2D",) * levels,
        layers_per_block=2,
        latent_channels=3,
        num_vq_embeddings=64,
        **more,
    )
    vae.filled(model)
    vae.write(case, model, {"sample": model.decode(vae.given("latent", (1, 3, HEIGHT, WIDTH), 3)).sample})


if __name__ == "__main__":
    os.makedirs(vae.HERE, exist_ok=True)
    torch.set_num_threads(1)
    with torch.no_grad():
        network("network", (32, 64, 64, 96), (0, 0, 0, 1), layers_per_block=2)
        network("network-attending", (64, 32, 64), (0, 1, 1), layers_per_block=1)
        decoder("decoder")
