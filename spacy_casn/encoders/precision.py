"""The number format that an encoder computes in."""

from contextlib import AbstractContextManager
from typing import Literal

import torch

Precision = Literal["fp32", "bf16", "auto"]


def computes_in_bf16(precision: Precision, device: torch.device) -> bool:
    """Return whether to compute in bfloat16; `auto` does where the device can."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager:
    """Compute in the precision inside of it, by PyTorch; weights stay float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=computes_in_bf16(precision, device))
