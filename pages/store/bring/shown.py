"""Pictures that lie in memory only, as addresses that a page can show."""

import base64
import io

import numpy as np
from jaxtyping import UInt8
from PIL import Image


def address(picture: UInt8[np.ndarray, "h w c"]) -> str:
    """Return a picture as a data address (PNG), for pictures of which there is no example in a set."""
    buffer = io.BytesIO()
    Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else np.ascontiguousarray(picture)).save(buffer, format="PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
