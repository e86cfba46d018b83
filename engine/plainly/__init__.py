"""What was found, for people who train no networks: what was tested, what differs for sure, what does not, how sure that is.

A file is a part of the product. Sentences are Markdown: numbers are bold, and a term of the field is in italics, as `glossary` explains it. They are
made from the same stored numbers as the findings in the field's words; nothing is written beforehand.
"""

from dataclasses import dataclass

INTERVALS = (
    "Behind each share stands its *95 % interval*. “For sure” means: these ranges leave no room for chance at that level; what is left open may "
    "still differ, but this store cannot show it."
)


@dataclass(frozen=True)
class Told:
    """What a page found, in plain words; each part is paragraphs in Markdown."""

    tested: tuple[str, ...]
    """What was tested, and on how much."""
    differs: tuple[str, ...] = ()
    """What differs beyond chance."""
    alike: tuple[str, ...] = ()
    """What does not, or cannot be told."""
    sure: tuple[str, ...] = (INTERVALS,)
    """How sure that is."""
