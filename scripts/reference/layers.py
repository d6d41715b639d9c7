"""The few layers that the reference networks need, in numpy. Arrays are channels, height, width."""

import numpy as np


def convolve(x, weight, bias):
    """`weight` is outputs, inputs, height, width; zeros beyond the edges, height and width kept."""
    outputs, inputs, kh, kw = weight.shape
    _, height, width = x.shape
    padded = np.pad(x, ((0, 0), (kh // 2, kh // 2), (kw // 2, kw // 2)))
    result = np.zeros((outputs, height * width), np.float64)
    for dy in range(kh):
        for dx in range(kw):
            window = padded[:, dy : dy + height, dx : dx + width].reshape(inputs, -1)
            result += weight[:, :, dy, dx].astype(np.float64) @ window
    return result.reshape(outputs, height, width) + bias.astype(np.float64)[:, None, None]


def leaky_relu(x, slope):
    return np.where(x < 0, x * slope, x)


def pixel_shuffle(x, factor):
    """PyTorch's: channel c * factor * factor + dy * factor + dx becomes pixel (dy, dx) of channel c."""
    channels, height, width = x.shape
    c = channels // (factor * factor)
    x = x.reshape(c, factor, factor, height, width).transpose(0, 3, 1, 4, 2)
    return x.reshape(c, height * factor, width * factor)


def nearest(x, factor):
    return x.repeat(factor, axis=1).repeat(factor, axis=2)
