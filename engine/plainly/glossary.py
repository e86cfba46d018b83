"""The field's terms in plain words: the one list of them. Plain sentences set a term in italics, and each such term has its entry here."""

import re

TERMS = {
    "network": "A computer program that was trained, not written: it learned from examples to answer a question, such as which digit is shown.",
    "accuracy": "The share of pictures (or people) about which the answer is right.",
    "error rate": "The share of pictures about which the answer is wrong.",
    "where it was trained": "The kind of pictures that the network learned from, new ones of which are the usual test.",
    "where they were trained": "The kind of pictures that each network learned from, new ones of which are the usual test.",
    "elsewhere": "Pictures of the same things made in another way: another camera, hand or print. The field says out of distribution.",
    "95 % interval": "The range in which the true number lies, as far as chance goes: were the test repeated on other pictures, 95 of 100 such "
    "ranges would hold it.",
    "confidence": "How sure the network says it is of its own answer, from 0 to 100 %.",
    "calibration error": "How far a network's own sureness is from how often it is right. 0: right in 90 of 100 cases where it is 90 % sure.",
    "set": "A collection of pictures (or of people) with known answers, that networks are tested on.",
    "shift": "A change made to every picture on purpose, such as noise, blur or a turn, in steps from mild to severe.",
    "strength": "How severe a shift is.",
    "slice": "A part of the test pictures that have something in common, such as one digit in one typeface.",
    "confirmed": "Found on one half of the pictures, and found again on the other half, which took no part in the search.",
    "rank correlation": "Whether who is better here is also better there: 1 is always, 0 is no relation, below 0 is the reverse.",
    "pair of sets": "The set that networks were trained on, and another one that they are asked about besides.",
    "system": "A small made world that draws pictures by known rules, so that one thing can be changed while all else stays.",
    "factor": "One thing that can vary in such a picture: the colour of the ink, the turn, the light.",
    "set by hand": "A picture is made anew with one factor changed and everything else as it was. What changes in the answer is then due to it.",
    "invariant": "Shown not to care: whatever value the factor has, the share of right answers stays the same within a few points.",
    "breaks": "Shown to lose more than a few points of accuracy at some value of the factor.",
    "remedy": "A way of training that is meant to keep a network from relying on what merely goes along with the answer.",
    "plain training": "Training on the pictures as they are, without any remedy.",
    "percentage point": "The difference between two percentages: from 90 % to 80 % is a fall of 10 percentage points.",
    "seed": "The number that chance starts from in a training. Networks that differ in nothing else show how much chance alone changes.",
    "circuit": "A network made of small modules that learned by itself which of them listen to which.",
    "module": "One small part of a circuit.",
    "link": "That one module can listen to another; the same for every picture.",
    "attention": "How much a module listens to another one for the picture at hand.",
    "group": "People (or pictures) that share a protected attribute, such as sex or ethnicity.",
    "gap": "By how much more often one group is accepted than another, in percentage points.",
    "pressed": "Trained with a penalty for treating groups differently.",
    "unconstrained": "Trained for right answers alone, without any thought of groups.",
    "decided otherwise": "Accepted by one network and turned down by the other, or the reverse.",
    "hidden part": "What of an object cannot be seen in a frame because something stands before it.",
    "overlap": "Of all pixels that an answer or the truth claims, the share that both claim. 100 % is a perfect outline. The field says IoU.",
    "baseline": "A simple rule that learned nothing, to show what learning adds.",
    "clip": "A short film.",
    "claim": "Something a published paper says; asked here of this store's own results.",
    "verdict": "What follows from the results by one written rule: holds, holds in part, does not hold, or not yet asked.",
    "example": "One picture with its known answer.",
}
_MARKED = re.compile(r"(?<![*\\])\*(?!\*)([^*\n]+?)(?<![*\\])\*(?!\*)")


def marked(text: str) -> list[str]:
    r"""Return what a Markdown text sets in italics, in its order.

    >>> marked("a *network* is **95 %** right on *sets*; a\\*b\\*")
    ['network', 'sets']
    """
    return _MARKED.findall(text)


def named(said: str) -> str | None:
    """Return the entry of a term, also of its plural; None where there is none.

    >>> named("Networks"), named("pairs of sets"), named("nonsense")
    ('network', 'pair of sets', None)
    """
    word = said.lower()
    first, *rest = word.split(" ")
    candidates = (word, word.removesuffix("s"), word.removesuffix("es"), " ".join([first.removesuffix("s"), *rest]), word.replace("ies", "y"))
    return next((name for name in TERMS if name.lower() in candidates), None)
