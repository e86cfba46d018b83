"""Sentences as HTML: bold and italics as written, paragraphs apart, everything else as it stands. Names from data may hold anything."""

import html
import re

_TOKEN = re.compile(r"\\([!-/:-@\[-`{-~])|(\*\*?)|([^\\*]+|\\)", re.DOTALL)
_MARKS = {"**": "strong", "*": "em"}


def html_of(markdown: str) -> str:
    r"""Return a finding as HTML paragraphs: `**bold**`, `*a term*`, a backslash before what is no markup, blank lines between paragraphs.

    >>> html_of(r"**3 of <4>** are a\*b")
    '<p><strong>3 of &lt;4&gt;</strong> are a*b</p>'
    """
    return "".join(f"<p>{_line(block.strip())}</p>" for block in re.split(r"\n\s*\n", markdown) if block.strip())


def _line(text: str) -> str:
    said: list[str] = []
    open_: list[str] = []
    for escaped, mark, plain in _TOKEN.findall(text):
        if not mark:
            said.append(html.escape(escaped or plain))
        elif (name := _MARKS[mark]) in open_:
            while (last := open_.pop()) != name:
                said.append(f"</{last}>")
            said.append(f"</{name}>")
        else:
            open_.append(name)
            said.append(f"<{name}>")
    return "".join([*said, *(f"</{name}>" for name in reversed(open_))])


def paragraphs(text: str) -> str:
    r"""Return what a person wrote as HTML paragraphs, nothing of it as markup.

    >>> paragraphs("one\ntwo\n\n<script>")
    '<p>one<br>two</p><p>&lt;script&gt;</p>'
    """
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n"))
    return "".join(f"<p>{'<br>'.join(html.escape(line) for line in block.strip().splitlines())}</p>" for block in blocks if block.strip())
