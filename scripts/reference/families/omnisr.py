"""OmniSR."""

from spandrel.architectures.OmniSR import OmniSR


CASES = {
    "4x": lambda: OmniSR(num_feat=16, block_num=1, res_num=2, up_scale=4, window_size=8),
    "2x-deep": lambda: OmniSR(num_feat=24, block_num=2, res_num=1, up_scale=2, window_size=4),
    "1x-placeless": lambda: OmniSR(num_feat=16, block_num=1, res_num=1, up_scale=1, window_size=8, pe=False),
}
