"""
A whole img2img with tiny seeded networks, by transformers, diffusers and k-diffusion: writes diffusion/image/<case>.f32, the picture
[3, 128, 128] in 0..1, not clamped, as raw little-endian fp32. Weights, picture and noise are those that diffusion-image.test.ts makes:
prompt, negative prompt, CFG 7, strength 0.35 of 20 Karras steps (eight evaluations, as AUTOMATIC1111 counts them), DPM++ 2M.

    python scripts/reference/diffusion-image.py
"""

import os

import k_diffusion as K
import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from seeded_weights import filled, seeded
from transformers import CLIPTextConfig, CLIPTextModel

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "diffusion", "image")
SIDE, SCALE = 128, 0.18215

# "a photo of a cat, sharp" and "blurry" by CLIP's vocabulary; the comma and what follows is emphasised in the prompt.
PROMPT = [320, 1125, 539, 320, 2368, 267, 8157]
WEIGHTS = [1, 1, 1, 1, 1, 1.2, 1.2]
NEGATIVE = [21977]

text = filled(
    CLIPTextModel(
        CLIPTextConfig(
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=1,
            max_position_embeddings=77,
            hidden_act="quick_gelu",
        )
    )
)
unet = filled(
    UNet2DConditionModel(
        sample_size=16,
        block_out_channels=[32, 64, 96, 96],
        layers_per_block=1,
        attention_head_dim=8,
        cross_attention_dim=64,
        down_block_types=["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
        up_block_types=["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
    )
)
vae = filled(
    AutoencoderKL(
        block_out_channels=[32, 64, 64, 64],
        layers_per_block=1,
        latent_channels=4,
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
    )
)


def context(tokens, weights):
    ids = torch.full((1, 77), 49407)
    ids[0, 0] = 49406
    ids[0, 1 : 1 + len(tokens)] = torch.tensor(tokens)
    hidden = text(ids).last_hidden_state
    factors = torch.ones(77)
    factors[1 : 1 + len(weights)] = torch.tensor(weights)
    weighted = hidden * factors[None, :, None]
    return weighted * (hidden.mean() / weighted.mean()) if len(weights) > 0 else hidden


BETAS = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
SIGMAS = torch.cumprod(1 - BETAS, 0).reciprocal().sub(1).sqrt()
LOGS = SIGMAS.log()


def timestep(sigma):
    return torch.from_numpy(np.interp(np.log(sigma.double().numpy()), LOGS.numpy(), np.arange(1000.0))).float()


def refined(prediction):
    cond, uncond = context(PROMPT, WEIGHTS), context(NEGATIVE, [])

    def model(x, sigma):
        scaled = x / (sigma**2 + 1).sqrt()[:, None, None, None]
        answer = lambda words: unet(scaled, timestep(sigma), words).sample
        against = answer(uncond)
        both = against + 7 * (answer(cond) - against)
        if prediction == "epsilon":
            return x - sigma[:, None, None, None] * both
        return x / (sigma**2 + 1) - both * sigma / (sigma**2 + 1).sqrt()

    picture = seeded("picture", (1, 3, SIDE, SIDE), 0, 1)
    # Smooth, or nothing of it would pass through a latent; in levels of 8 bits, as pictures are.
    picture = torch.nn.functional.avg_pool2d(picture, 8).repeat_interleave(8, 2).repeat_interleave(8, 3)
    picture = (picture * 255).round() / 255
    latent = vae.encode(picture * 2 - 1).latent_dist.mode() * SCALE
    noise = torch.randn(latent.shape, generator=torch.Generator().manual_seed(5))
    sigmas = K.sampling.get_sigmas_karras(20, SIGMAS[0].item(), SIGMAS[-1].item(), rho=7.0)[20 - 7 - 1 :]
    done = K.sampling.sample_dpmpp_2m(model, latent + noise * sigmas[0], sigmas, disable=True)
    return vae.decode(done / SCALE).sample / 2 + 0.5


os.makedirs(HERE, exist_ok=True)
with torch.no_grad():
    for prediction in ["epsilon", "v"]:
        result = refined(prediction)
        print(prediction, result.mean().item(), result.std().item(), result.min().item(), result.max().item())
        result.numpy().astype("<f4").tofile(os.path.join(HERE, f"{prediction}.f32"))
