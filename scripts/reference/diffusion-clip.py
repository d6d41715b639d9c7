"""
What tiny text encoders give, by transformers' CLIPTextModel: writes diffusion/clip/<case>.f32, the hidden states
[2, 77, width] as raw little-endian fp32. The weights are those that diffusion-clip.test.ts makes from the tensors' names.

    python scripts/reference/diffusion-clip.py
"""

import os

import numpy as np
import torch
from transformers import CLIPTextConfig, CLIPTextModel

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "diffusion", "clip")
VOCABULARY, POSITIONS = 61, 77

# Name: width, layers, hidden, activation, clip skip, how many vectors are appended to the table.
CASES = {
    "quick": (64, 2, 128, "quick_gelu", 0, 0),
    "quick-skip-1": (128, 4, 256, "quick_gelu", 1, 0),
    "quick-skip-2": (128, 4, 256, "quick_gelu", 2, 0),
    "gelu": (128, 3, 192, "gelu", 0, 0),
    "gelu-skip-1": (128, 3, 192, "gelu", 1, 0),
    "inverted": (64, 2, 128, "quick_gelu", 0, 3),
}


def seeded(name, shape, low, high):
    """As in seeded.ts: FNV-1a of the name starts a linear congruential generator."""
    state = 2166136261
    for byte in name.encode():
        state = ((state ^ byte) * 16777619) % 2**32
    numbers = []
    for _ in range(int(np.prod(shape))):
        state = (state * 1664525 + 1013904223) % 2**32
        numbers.append(low + (high - low) * (state / 2**32))
    return np.array(numbers, np.float32).reshape(shape)


def values(name, shape):
    if len(shape) == 2:
        most = 1 if "embedding" in name else (3 / shape[1]) ** 0.5
        return seeded(name, shape, -most, most)
    return seeded(name, shape, -0.1, 0.1) if name.endswith("bias") else seeded(name, shape, 0.8, 1.2)


def token(chunk, place):
    return (place * place * 7 + place * 3 + chunk * 11) % VOCABULARY


for case, (width, layers, hidden, activation, skip, extra) in CASES.items():
    config = CLIPTextConfig(
        vocab_size=VOCABULARY,
        hidden_size=width,
        intermediate_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        max_position_embeddings=POSITIONS,
        hidden_act=activation,
    )
    model = CLIPTextModel(config).eval()
    for name, parameter in model.named_parameters():
        parameter.data = torch.from_numpy(values(name, tuple(parameter.shape)))
    ids = np.array([[token(chunk, place) for place in range(POSITIONS)] for chunk in range(2)])
    if extra:
        table = model.text_model.embeddings.token_embedding
        rows = torch.from_numpy(values("embedding.vectors", (extra, width)))
        table.weight.data = torch.cat([table.weight.data, rows])
        ids[0, 5:8] = VOCABULARY + np.arange(extra)
        ids[1, 70] = VOCABULARY + 1
    with torch.no_grad():
        states = model(torch.from_numpy(ids), output_hidden_states=True).hidden_states
        result = model.text_model.final_layer_norm(states[-1 - skip])
    result.numpy().astype("<f4").tofile(os.path.join(HERE, f"{case}.f32"))
    print(case, tuple(result.shape), float(result.abs().mean()))
