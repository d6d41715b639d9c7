"""Noise, schedules and whole trajectories of samplers, into diffusion/samplers.

Noise: Philox by a small numpy program that shares nothing with the app's, MT19937 and normal values by torch.
Trajectories: k-diffusion's samplers and diffusers' schedulers over eight steps, with a cheap made-up denoiser in place of
a network and with the same Philox values as noise.
"""

import json
import math
from pathlib import Path

import diffusers
import numpy as np
import torch
from diffusers.schedulers import scheduling_lcm
from k_diffusion import external, sampling

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


SHAPE = (4, 4, 4)
STEPS = 8


def draws(seed, draw):
    return torch.from_numpy(philox_normals(seed, draw, math.prod(SHAPE))).double().reshape(1, *SHAPE)


def denoise(x, sigma):
    """In a network's place: bounded, not linear, and other at each level."""
    return 0.8 * torch.tanh(1.2 * x / (1 + sigma**2) ** 0.5) + 0.1 * torch.cos(2 * x + sigma)


def alphas():
    betas = torch.linspace(0.00085**0.5, 0.012**0.5, 1000, dtype=torch.float64) ** 2
    return torch.cumprod(1 - betas, dim=0)


def start(sigma):
    """A latent (half of the noise of another seed) and the picture's own noise on it."""
    return 0.5 * draws(99, 0) + sigma * draws(42, 0)


def k_trajectories():
    schedule = external.DiscreteSchedule(((1 - alphas()) / alphas()) ** 0.5, quantize=False)
    trailing = torch.from_numpy(np.round(np.arange(1000, 0, -1000 / STEPS))).long() - 1
    spacings = {
        "normal": schedule.get_sigmas(STEPS),
        "karras": sampling.get_sigmas_karras(STEPS, float(schedule.sigma_min), float(schedule.sigma_max)),
        "trailing": sampling.append_zero(schedule.sigmas[trailing]),
    }
    functions = {
        "euler": sampling.sample_euler,
        "euler-a": sampling.sample_euler_ancestral,
        "heun": sampling.sample_heun,
        "dpmpp-2m": sampling.sample_dpmpp_2m,
        "dpmpp-2m-sde": sampling.sample_dpmpp_2m_sde,
        "dpmpp-3m-sde": sampling.sample_dpmpp_3m_sde,
    }
    for sampler, function in functions.items():
        for spacing, sigmas in spacings.items():
            sigmas, seen, count = sigmas.double(), [], iter(range(1, 99))
            more = {} if sampler in ("euler", "heun", "dpmpp-2m") else {"noise_sampler": lambda *_: draws(42, next(count))}
            model = lambda x, sigma: denoise(x, sigma[0])
            end = function(model, start(sigmas[0]), sigmas, callback=lambda s: seen.append(s["x"]), disable=True, **more)
            yield {"sampler": sampler, "spacing": spacing, "prediction": "epsilon"}, [*seen, end]


def diffusers_trajectories():
    common = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear")
    ddim = dict(**common, clip_sample=False, set_alpha_to_one=False, steps_offset=1)
    lcm = dict(**common, clip_sample=False, set_alpha_to_one=False)
    cases = [
        ("ddim", "normal", "epsilon", diffusers.DDIMScheduler(**ddim, timestep_spacing="leading"), {}),
        ("ddim", "normal", "v", diffusers.DDIMScheduler(**ddim, timestep_spacing="leading", prediction_type="v_prediction"), {}),
        ("ddim", "trailing", "epsilon", diffusers.DDIMScheduler(**ddim, timestep_spacing="trailing"), {}),
        ("lcm", "normal", "epsilon", diffusers.LCMScheduler(**lcm), {}),
        ("lcm", "normal", "v", diffusers.LCMScheduler(**lcm, prediction_type="v_prediction"), {"strength": 0.3}),
        ("turbo", "trailing", "epsilon", diffusers.EulerDiscreteScheduler(**common, timestep_spacing="trailing"), {}),
    ]
    for sampler, spacing, prediction, scheduler, more in cases:
        count = iter(range(1, 99))
        scheduling_lcm.randn_tensor = lambda *_, **__: draws(42, next(count))
        scheduler.set_timesteps(STEPS, **more)
        scaled = sampler != "turbo"
        acp = scheduler.alphas_cumprod.double()
        first = scheduler.timesteps[0].long()
        sigma = ((1 - acp[first]) / acp[first]) ** 0.5
        x = start(sigma) * (acp[first] ** 0.5 if scaled else 1)
        seen = [x]
        for t in scheduler.timesteps:
            a = acp[t.long()]
            sigma = ((1 - a) / a) ** 0.5
            if not scaled:
                scheduler.scale_model_input(x, t)
            whole = x / a**0.5 if scaled else x
            noise = (whole - denoise(whole, sigma)) / sigma
            velocity = a**0.5 * noise - (1 - a) ** 0.5 * denoise(whole, sigma)
            x = scheduler.step(noise if prediction == "epsilon" else velocity, t, x, return_dict=False)[0].double()
            seen.append(x)
        # DDIM and LCM keep the variance at one: `scaled` latents.
        yield {"sampler": sampler, "spacing": spacing, "prediction": prediction, "scaled": scaled, **more}, seen


def trajectories():
    cases, values = [], []
    for case, latents in [*k_trajectories(), *diffusers_trajectories()]:
        cases.append(case)
        assert len(latents) == STEPS + 1
        values.append(torch.cat(latents).float().numpy().tobytes())
    (OUT / "trajectories.f32").write_bytes(b"".join(values))
    return cases


def guidance():
    """What stands around the network: both kinds of answers denoised, and the guidance scale as an embedding."""
    x, answer = draws(1, 0), draws(2, 0)
    out = {"denoised": [], "embedding": []}
    for prediction, wrapper in (("epsilon", external.DiscreteEpsDDPMDenoiser), ("v", external.DiscreteVDDPMDenoiser)):
        for sigma in (0.05, 0.9, 14.0):
            given = {}
            model = lambda scaled, t: given.update(input=scaled, timestep=t) or answer
            denoised = wrapper(model, alphas(), quantize=False)(x * sigma, torch.tensor([sigma], dtype=torch.float64))
            out["denoised"].append(
                {
                    "prediction": prediction,
                    "sigma": sigma,
                    "timestep": float(given["timestep"]),
                    "input": given["input"].flatten().tolist(),
                    "denoised": denoised.flatten().tolist(),
                }
            )
    for scale in (1.0, 1.5, 7.5, 12.0):
        embedding = diffusers.LatentConsistencyModelPipeline.get_guidance_scale_embedding
        w = torch.tensor([scale - 1], dtype=torch.float64)
        values = embedding(None, w, embedding_dim=256, dtype=torch.float64)[0]
        out["embedding"].append({"scale": scale, "values": values.tolist()})
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
    write("trajectories.json", trajectories())
    write("guidance.json", guidance())
