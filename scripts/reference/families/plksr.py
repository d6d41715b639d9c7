"""PLKSR and RealPLKSR."""

from spandrel.architectures.PLKSR import PLKSR, RealPLKSR


CASES = {
    "real-4x": lambda: RealPLKSR(dim=16, n_blocks=3, upscaling_factor=4, split_ratio=0.25),
    "real-layernorm-dysample-4x": lambda: RealPLKSR(
        dim=16, n_blocks=2, upscaling_factor=4, split_ratio=0.25, use_ea=False, layer_norm=True, dysample=True
    ),
    "real-dysample-3x": lambda: RealPLKSR(
        dim=12, n_blocks=2, upscaling_factor=3, kernel_size=13, split_ratio=0.5, dysample=True
    ),
    "real-1x": lambda: RealPLKSR(dim=16, n_blocks=2, upscaling_factor=1, kernel_size=17, layer_norm=True),
    "2x": lambda: PLKSR(dim=16, n_blocks=2, upscaling_factor=2, kernel_size=17),
    "dccm-crossed-4x": lambda: PLKSR(
        dim=16, n_blocks=2, upscaling_factor=4, ccm_type="DCCM", lk_type="RectSparsePLK", use_ea=False
    ),
    "iccm-3x": lambda: PLKSR(dim=16, n_blocks=2, upscaling_factor=3, ccm_type="ICCM", kernel_size=13),
}
