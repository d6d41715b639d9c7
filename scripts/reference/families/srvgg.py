"""SRVGGNetCompact (Real-ESRGAN's small network); its slopes are spread around 0.2."""

import numpy as np
import torch
import zlib

from spandrel.architectures.Compact import Compact


def adjust(name, tensor):
    if tensor.ndim == 1 and not name.endswith("bias"):
        random = np.random.Generator(np.random.PCG64(zlib.crc32(name.encode())))
        return torch.from_numpy(random.uniform(-0.1, 0.5, tensor.shape).astype(np.float32))


CASES = {
    "4x": lambda: Compact(num_feat=24, num_conv=4, upscale=4),
    "3x": lambda: Compact(num_feat=16, num_conv=2, upscale=3),
    "2x-grey": lambda: Compact(num_in_ch=1, num_out_ch=1, num_feat=16, num_conv=3, upscale=2),
    "1x": lambda: Compact(num_feat=32, num_conv=3, upscale=1),
}
