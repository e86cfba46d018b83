"""Emoji that show something ImageNet names.

202 drawings of the typeface Noto Color Emoji, mapped by hand to 199 ImageNet classes: a natural shift away from
photographs, as in ImageNet-R and ImageNet-Sketch. Answers are read among the 199 covered classes only. Where ImageNet
is finer than a drawing, the nearest class was taken (the owl is a great grey owl); drawings that could be several
classes were left out.
"""

import functools
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageDraw, ImageFont

from engine.datasets.images import Images, _photos
from engine.preprocess import framed

VERSION = 1
TASK = "imagenet"
FRAME = 256
CHANNELS = 3
SPLITS = ("test",)
PACKAGES = ("pillow", "opencv-python-headless")
FILES = ("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf", "imagenet_classes.txt")
LICENCE = "SIL Open Font License 1.1"
SOURCE = "Debian's package fonts-noto-color-emoji"
CITATION = "Google. Noto Emoji. github.com/googlefonts/noto-emoji."
PREPARATION = "Drawn at the font's own 136 x 128 pixels in a white square of 160, which is resized to 256 x 256 (bicubic)."
SIZE = 109  # the only size the bitmap font has
SQUARE = 160

# ImageNet class -> the emoji that show it.
EMOJI = {
    "great white shark": "🦈", "cock": "🐓", "hen": "🐔", "bald eagle": "🦅", "great grey owl": "🦉",
    "tree frog": "🐸", "green lizard": "🦎", "African crocodile": "🐊", "green snake": "🐍", "scorpion": "🦂",
    "peacock": "🦚", "macaw": "🦜", "drake": "🦆", "wallaby": "🦘", "koala": "🐨", "jellyfish": "🪼", "conch": "🐚",
    "snail": "🐌", "American lobster": "🦞", "flamingo": "🦩", "king penguin": "🐧", "sea lion": "🦭",
    "standard poodle": "🐩", "timber wolf": "🐺", "red fox": "🦊", "leopard": "🐆", "lion": "🦁", "tiger": "🐅🐯",
    "brown bear": "🐻", "ladybug": "🐞", "fly": "🪰", "bee": "🐝", "ant": "🐜", "cricket": "🦗", "cockroach": "🪳",
    "wood rabbit": "🐇", "hamster": "🐹", "fox squirrel": "🐿", "beaver": "🦫", "sorrel": "🐎", "zebra": "🦓",
    "hog": "🐖🐷", "wild boar": "🐗", "hippopotamus": "🦛", "ox": "🐂", "water buffalo": "🐃", "bison": "🦬",
    "ram": "🐏", "Arabian camel": "🐪", "llama": "🦙", "otter": "🦦", "skunk": "🦨", "badger": "🦡",
    "three-toed sloth": "🦥", "orangutan": "🦧", "gorilla": "🦍", "macaque": "🐒", "African elephant": "🐘",
    "giant panda": "🐼", "puffer": "🐡", "abacus": "🧮", "accordion": "🪗", "airliner": "✈", "ambulance": "🚑",
    "analog clock": "⏰", "ashcan": "🗑", "backpack": "🎒", "ballpoint": "🖊", "Band Aid": "🩹", "banjo": "🪕",
    "baseball": "⚾", "basketball": "🏀", "bathtub": "🛁", "beer glass": "🍺", "bikini": "👙", "bow": "🏹",
    "broom": "🧹", "bucket": "🪣", "bullet train": "🚄", "cab": "🚕", "candle": "🕯", "canoe": "🛶", "carousel": "🎠",
    "castle": "🏰", "cellular telephone": "📱", "chain": "⛓", "church": "⛪", "computer keyboard": "⌨",
    "cornet": "🎺", "crutch": "🩼", "dial telephone": "☎", "drum": "🥁", "electric guitar": "🎸", "envelope": "✉",
    "fire engine": "🚒", "fountain": "⛲", "fountain pen": "🖋", "frying pan": "🍳", "hammer": "🔨", "hamper": "🧺",
    "hatchet": "🪓", "hook": "🪝", "hourglass": "⏳", "jack-o'-lantern": "🎃", "jean": "👖", "jigsaw puzzle": "🧩",
    "kimono": "👘", "knot": "🪢", "lab coat": "🥼", "laptop": "💻", "liner": "🛳", "lipstick": "💄", "Loafer": "👞",
    "lotion": "🧴", "magnetic compass": "🧭", "mailbox": "📬", "megalith": "🗿", "microphone": "🎤", "minibus": "🚐",
    "monitor": "🖥", "moped": "🏍", "mortarboard": "🎓", "mosque": "🕌", "motor scooter": "🛵", "mountain bike": "🚲",
    "mountain tent": "⛺", "mouse": "🖱", "padlock": "🔒", "paintbrush": "🖌", "parachute": "🪂", "Petri dish": "🧫",
    "pick": "⛏", "pickup": "🛻", "plunger": "🪠", "printer": "🖨", "purse": "👛", "racer": "🏎", "radio": "📻",
    "reflex camera": "📷", "rugby ball": "🏉", "running shoe": "👟", "safety pin": "🧷", "sandal": "👡", "sax": "🎷",
    "scale": "⚖", "screwdriver": "🪛", "shield": "🛡", "shopping cart": "🛒", "slot": "🎰", "soccer ball": "⚽",
    "sock": "🧦", "soup bowl": "🥣", "speedboat": "🚤", "spider web": "🕸", "steam locomotive": "🚂",
    "stethoscope": "🩺", "stopwatch": "⏱", "streetcar": "🚋", "studio couch": "🛋", "sunglasses": "🕶",
    "suspension bridge": "🌉", "syringe": "💉", "teapot": "🫖", "teddy": "🧸", "television": "📺",
    "tennis ball": "🎾", "toilet seat": "🚽", "tractor": "🚜", "trailer truck": "🚛", "trolleybus": "🚎",
    "umbrella": "☂", "violin": "🎻", "volleyball": "🏐", "wool": "🧶", "traffic light": "🚦", "ice cream": "🍦🍨",
    "French loaf": "🥖", "bagel": "🥯", "pretzel": "🥨", "cheeseburger": "🍔", "hotdog": "🌭", "broccoli": "🥦",
    "cucumber": "🥒", "bell pepper": "🫑", "Granny Smith": "🍏", "strawberry": "🍓", "orange": "🍊", "lemon": "🍋",
    "pineapple": "🍍", "banana": "🍌", "pizza": "🍕", "burrito": "🌯", "red wine": "🍷", "cup": "☕", "volcano": "🌋",
    "corn": "🌽", "buckeye": "🌰", "agaric": "🍄", "toilet tissue": "🧻",
}  # fmt: skip


def missing() -> str | None:
    """Return why the set cannot be used here, None where it can."""
    if Path(FILES[0]).is_file():
        return None
    return "Install Debian's package fonts-noto-color-emoji (apt install fonts-noto-color-emoji)."


def load(split: str) -> Images:
    """Return the drawings (n, 256, 256, 3); all are in `test`. The classes are the covered ones, in ImageNet's order."""
    assert split in SPLITS, split
    classes = tuple(sorted(EMOJI, key=_photos.classes().index))
    shown = [(label, character) for label, name in enumerate(classes) for character in EMOJI[name]]
    return Images(
        np.stack([_drawn(character) for _, character in shown]),
        np.array([label for label, _ in shown], np.int64),
        classes,
        sources=tuple(f"{character} U+{ord(character):X}" for _, character in shown),
    )


@functools.cache
def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FILES[0], SIZE, layout_engine=ImageFont.Layout.BASIC)


def _drawn(character: str) -> UInt8[np.ndarray, "256 256 3"]:
    picture = Image.new("RGB", (SQUARE, SQUARE), "white")
    left, top, right, bottom = _font().getbbox(character)
    place = ((SQUARE - right - left) // 2, (SQUARE - bottom - top) // 2)
    ImageDraw.Draw(picture).text(place, character, font=_font(), embedded_color=True)
    return framed(np.asarray(picture), FRAME, interpolation="bicubic")
