"""
A picture through a whole latent super-resolution with tiny seeded networks, by diffusers' LDMSuperResolutionPipeline: writes
diffusion/ldsr/image.f32, the picture [3, 128, 128] in 0..1, clamped, as raw little-endian fp32. Weights and picture are those that
diffusion-ldsr-image.test.ts makes; noise comes from torch's one generator, for the start and for each of 8 steps of DDIM with eta 1.

    python scripts/reference/diffusion-ldsr-image.py
"""

import os

import torch
from diffusers import DDIMScheduler, LDMSuperResolutionPipeline, UNet2DModel, VQModel
from seeded_weights import filled, seeded

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "diffusion", "ldsr")
SIDE = 32

unet = filled(
    UNet2DModel(
        in_channels=6,
        out_channels=3,
        block_out_channels=(32, 64, 64, 96),
        layers_per_block=1,
        down_block_types=("DownBlock2D",) * 3 + ("AttnDownBlock2D",),
        up_block_types=("AttnUpBlock2D",) + ("UpBlock2D",) * 3,
        attention_head_dim=32,
    )
)
vqvae = filled(
    VQModel(
        block_out_channels=(32, 32, 64),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=3,
        num_vq_embeddings=64,
    )
)
scheduler = DDIMScheduler(
    beta_start=0.0015,
    beta_end=0.0155,
    beta_schedule="scaled_linear",
    num_train_timesteps=1000,
    clip_sample=False,
    set_alpha_to_one=False,
    steps_offset=1,
)
pipeline = LDMSuperResolutionPipeline(vqvae=vqvae, unet=unet, scheduler=scheduler)
pipeline.set_progress_bar_config(disable=True)

picture = (seeded("picture", (1, 3, SIDE, SIDE), 0, 1) * 255).round() / 255
torch.manual_seed(5)
result = pipeline(picture * 2 - 1, num_inference_steps=8, eta=1.0, output_type="np").images[0]
print(result.shape, result.mean(), result.std())
result.transpose(2, 0, 1).astype("<f4").tofile(os.path.join(HERE, "image.f32"))
