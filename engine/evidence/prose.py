"""Sentences as HTML: bold as written, paragraphs apart, everything else as it stands. Names from data may hold anything."""

import html
import re

_TOKEN = re.compile(r"\\([!-/:-@\[-`{-~])|(\*\*)|([^\\*]+|[\\*])", re.DOTALL)
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&])")


def spoken(sentence: str) -> str:
    r"""Return a sentence as Markdown: names in it may hold anything, only the bold numbers are ours.

    >>> spoken("**3** of a_b")
    '**3** of a\\_b'
    """
    return _SPECIAL.sub(r"\\\1", sentence).replace("\\*\\*", "**")


def html_of(markdown: str) -> str:
    r"""Return a finding as HTML paragraphs: `**bold**`, a backslash before what is no markup, blank lines between paragraphs.

    >>> html_of(r"**3 of <4>** are a\*b")
    '<p><strong>3 of &lt;4&gt;</strong> are a*b</p>'
    """
    return "".join(f"<p>{_line(block.strip())}</p>" for block in re.split(r"\n\s*\n", markdown) if block.strip())


def _line(text: str) -> str:
    said, strong = [], False
    for escaped, bold, plain in _TOKEN.findall(text):
        if bold:
            said.append("</strong>" if strong else "<strong>")
            strong = not strong
        else:
            said.append(html.escape(escaped or plain))
    return "".join(said) + ("</strong>" if strong else "")


def paragraphs(text: str) -> str:
    r"""Return what a person wrote as HTML paragraphs, nothing of it as markup.

    >>> paragraphs("one\ntwo\n\n<script>")
    '<p>one<br>two</p><p>&lt;script&gt;</p>'
    """
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n"))
    return "".join(f"<p>{'<br>'.join(html.escape(line) for line in block.strip().splitlines())}</p>" for block in blocks if block.strip())
