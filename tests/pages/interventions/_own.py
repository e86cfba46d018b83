"""A system of one's own whose classes no network knows."""

from pathlib import Path

from engine import registry


def system(home: Path) -> None:
    """Write the system “mine” into a home: shapes in scenes, one of them under another name."""
    folder = home / "extensions" / "systems"
    folder.mkdir(parents=True)
    source = registry.path("systems", "shape_scenes").read_text()
    (folder / "mine.py").write_text(source.replace('"shape_scenes"', '"mine"').replace('"heart"', '"spade"'))
