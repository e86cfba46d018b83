"""Take the picture of the README anew: the home page on the results that ship. `python -m tests.browser.photograph`."""

import io
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser

from tests.browser._server import browsing, ready, serving

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "data" / "pictures" / "home.png"
SIZE = {"width": 1440, "height": 960}
SETTLE_MS = 2500  # figures draw after the script is done
LARGEST_BYTES = 300_000


def main() -> int:
    """Write the picture and say how large it is."""
    with serving() as address, browsing() as browser:
        shot = take(browser, address)
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_bytes(shrunk(shot))
    sys.stdout.write(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size:,} bytes\n")
    return 0


def take(browser: Browser, address: str, path: Path | None = None) -> bytes:
    """Return a photograph of a page as a visitor on a wide, light screen sees it."""
    page = browser.new_page(viewport=SIZE, color_scheme="light")
    ready(page, address)
    page.wait_for_timeout(SETTLE_MS)
    shot = page.screenshot(path=path)
    page.close()
    return shot


def shrunk(shot: bytes) -> bytes:
    """Return a PNG with as many colours as fit into the limit."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    for colours in (256, 128, 64):
        sink = io.BytesIO()
        picture.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(sink, "PNG", optimize=True)
        if len(sink.getvalue()) <= LARGEST_BYTES:
            return sink.getvalue()
    raise ValueError(f"the picture is larger than {LARGEST_BYTES:,} bytes even with 64 colours")


if __name__ == "__main__":
    sys.exit(main())
