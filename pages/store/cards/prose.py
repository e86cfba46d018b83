"""Text of cards as Markdown: paragraphs and lists as written, code as code, everything else as it stands."""

from engine.plots.markdown import escape


def prose(text: str) -> str:
    r"""Return a card's text as Markdown.

    >>> prose("One line\nand `x_1` more.\n\n- a * b\n- c")
    'One line and `x_1` more\\.\n\n- a \\* b\n- c'
    """
    return "\n\n".join(_block(block) for block in text.strip().split("\n\n") if block.strip())


def _block(block: str) -> str:
    items: list[str] = []
    for line in block.strip().splitlines():
        if line.lstrip().startswith("- ") or not items:
            items.append(line.strip())
        else:
            items[-1] += f" {line.strip()}"
    return "\n".join(f"- {_line(item[2:])}" if item.startswith("- ") else _line(item) for item in items)


def _line(text: str) -> str:
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backtick without its partner is a sign like any other
        return escape(text)
    return "".join(f"`{part}`" if i % 2 else _escaped(part) for i, part in enumerate(parts))


def _escaped(part: str) -> str:
    """Return escaped text with the blanks at its ends kept."""
    inner = part.strip()
    if not inner:
        return part[:1]
    return f"{' ' * part.startswith(' ')}{escape(inner)}{' ' * part.endswith(' ')}"
