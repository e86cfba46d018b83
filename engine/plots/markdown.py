"""Texts as Markdown: what comes from data is shown as it is, and only what is ours is set in bold."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&])")


def escape(text: object) -> str:
    r"""Return a text that Markdown shows as it is: class names, file names and notes may hold anything.

    >>> print(escape("a_b *c* <d> :red[e]"))
    a\_b \*c\* \<d\> \:red\[e\]
    """
    return _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))


def spoken(sentence: str) -> str:
    r"""Return a sentence as Markdown: names in it may hold anything, only the bold numbers are ours.

    >>> spoken("**3** of a_b")
    '**3** of a\\_b'
    """
    return escape(sentence).replace("\\*\\*", "**")
