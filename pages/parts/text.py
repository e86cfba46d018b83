"""Text from data, made safe to stand in Markdown."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&])")


def escape(text: object) -> str:
    r"""Return a text that Markdown shows as it is: class names, file names and notes may hold anything.

    >>> print(escape("a_b *c* <d> :red[e]"))
    a\_b \*c\* \<d\> \:red\[e\]
    """
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
