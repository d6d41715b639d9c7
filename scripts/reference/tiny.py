"""Tiny networks with made-up weights, after the papers: writes expected/tiny-<family>-<n>.f32. See README.md."""

import os

import numpy as np

from layers import convolve, leaky_relu, nearest, pixel_shuffle

HERE = os.path.dirname(os.path.abspath(__file__))


def seeded(name, shape, low, high):
    """Values that depend on the tensor's name alone: FNV-1a of it starts a linear congruential generator."""
    state = 2166136261
    for byte in name.encode():
        state = ((state ^ byte) * 16777619) % 2**32
    values = []
    for _ in range(int(np.prod(shape))):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(low + (high - low) * (state / 2**32))
    return np.array(values, np.float32).reshape(shape)


def slopes(name, count):
    return seeded(name, (count,), -0.2, 0.4)


def conv(x, name, outputs, kernel=3):
    """Weights spread so that values neither fade nor grow from layer to layer."""
    inputs = x.shape[0]
    most = (3 / (inputs * kernel * kernel)) ** 0.5
    weight = seeded(f"{name}.weight", (outputs, inputs, kernel, kernel), -most, most)
    return convolve(x, weight, seeded(f"{name}.bias", (outputs,), -0.1, 0.1))


def srvgg(x, features, convs, scale):
    value = x
    for index in range(convs + 1):
        value = conv(value, f"body.{2 * index}", features)
        slope = slopes(f"body.{2 * index + 1}.weight", features).astype(np.float64)
        value = leaky_relu(value, slope[:, None, None])
    value = conv(value, f"body.{2 * convs + 2}", 3 * scale * scale)
    return pixel_shuffle(value, scale) + nearest(x, scale)


def esrgan(x, features, growth, blocks):
    first = conv(x, "conv_first", features)
    value = first
    for block in range(blocks):
        start = value
        for dense in (1, 2, 3):
            seen = value
            for index in (1, 2, 3, 4):
                more = leaky_relu(conv(seen, f"body.{block}.rdb{dense}.conv{index}", growth), 0.2)
                seen = np.concatenate([seen, more])
            value = value + 0.2 * conv(seen, f"body.{block}.rdb{dense}.conv5", features)
        value = start + 0.2 * value
    value = first + conv(value, "conv_body", features)
    value = leaky_relu(conv(nearest(value, 2), "conv_up1", features), 0.2)
    value = leaky_relu(conv(nearest(value, 2), "conv_up2", features), 0.2)
    return conv(leaky_relu(conv(value, "conv_hr", features), 0.2), "conv_last", 3)


def rdn(x, features, growth, blocks, layers, scale):
    first = conv(x, "F_m1", features)
    value = conv(first, "F_0", features)
    outputs = []
    for block in range(1, blocks + 1):
        dense = value
        for layer in range(1, layers + 1):
            more = np.maximum(conv(dense, f"F_{block}_{layer}", growth), 0)
            dense = np.concatenate([dense, more])
        value = value + conv(dense, f"LFF_{block}", features, 1)
        outputs.append(value)
    value = conv(np.concatenate(outputs), "GFF_1", features, 1)
    value = first + conv(value, "GFF_2", features)
    value = np.maximum(conv(value, "UPN1", 64, 5), 0)
    value = np.maximum(conv(value, "UPN2", 32), 0)
    return conv(nearest(conv(value, "UPN3", 3 * scale * scale), scale), "SR", 3)


def tensorflow_shuffle(x, scale):
    """Rows, columns, then colours in the channels' order."""
    channels, height, width = x.shape
    apart = x.reshape(scale, scale, channels // scale**2, height, width)
    return apart.transpose(2, 3, 0, 4, 1).reshape(-1, height * scale, width * scale)


def rrdn(x, features, growth, blocks, dense, layers, scale):
    first = conv(x, "Pre_blocks_conv", features)
    value = first
    for block in range(1, blocks + 1):
        start = value
        for part in range(1, dense + 1):
            seen = value
            for layer in range(1, layers + 1):
                more = np.maximum(conv(seen, f"F_{block}_{part}_{layer}", growth), 0)
                seen = np.concatenate([seen, more])
            value = value + 0.2 * conv(seen, f"LFF_{block}_{part}", features)
        value = start + 0.2 * value
    value = first + conv(value, "post_blocks_conv", features)
    return conv(tensorflow_shuffle(conv(value, "PreShuffle", 3 * scale * scale), scale), "SR", 3)


CASES = {
    "srvgg": (srvgg, [{"features": 4, "convs": 1, "scale": 2}, {"features": 7, "convs": 3, "scale": 4}]),
    "esrgan": (esrgan, [{"features": 4, "growth": 2, "blocks": 1}, {"features": 6, "growth": 3, "blocks": 2}]),
    "rdn": (
        rdn,
        [
            {"features": 4, "growth": 3, "blocks": 2, "layers": 2, "scale": 2},
            {"features": 5, "growth": 4, "blocks": 3, "layers": 1, "scale": 3},
        ],
    ),
    "rrdn": (
        rrdn,
        [
            {"features": 5, "growth": 3, "blocks": 2, "dense": 2, "layers": 2, "scale": 2},
            {"features": 4, "growth": 4, "blocks": 1, "dense": 3, "layers": 3, "scale": 4},
        ],
    ),
}

picture = seeded("input", (3, 5, 7), 0, 1).astype(np.float64)
for family, (network, structures) in CASES.items():
    for index, structure in enumerate(structures):
        path = os.path.join(HERE, "expected", f"tiny-{family}-{index}.f32")
        network(picture, **structure).astype("<f4").tofile(path)
