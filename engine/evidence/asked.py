"""What an address asks of a page: its parameters, read as the page reads them, and written down as they were taken."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from engine import errors

LONGEST = 8000  # characters of an address
MOST_PARAMETERS = 200
Option = TypeVar("Option")


class Asked:
    """The parameters of a view's address. What is there is read strictly: a report that silently shows something else would mislead."""

    def __init__(self, address: str) -> None:
        if len(address) > LONGEST:
            raise errors.UserError(f"An address of {len(address):,} characters is longer than can be read.", f"Use at most {LONGEST:,}.")
        self.address = address
        self.path, self._given = _split(address)
        self.told: dict[str, str] = {}
        """What was taken, by name: what the address says, and what is usual where it says nothing."""

    def one(self, name: str, known: Iterable[Option], usual: Option | None = None, words: Callable[[Option], str] = str) -> Option:
        """Return a choice among those known; raises UserError for another, or where there is nothing to choose from.

        Args:
            name: Its name in the address.
            known: What can be chosen.
            usual: What is taken where the address says nothing; the first by default.
            words: What the page calls a choice, which an address may say instead of its name.
        """
        options = list(known)
        if not options:
            raise errors.UserError(f"There is no {name} to choose from for “{self.path}” in this store.", "Run what would measure it first.")
        said = self._given.get(name, [])
        found = _match(name, said[-1], options, words) if said else usual if usual in options else options[0]
        self.told[name] = words(found)
        return found

    def several(self, name: str, known: Iterable[Option], usual: Sequence[Option], words: Callable[[Option], str] = str) -> list[Option]:
        """Return choices among those known, as `one`; the usual ones where the address says nothing."""
        options = list(known)
        said = self._given.get(name)
        found = [_match(name, one, options, words) for one in said] if said else [one for one in usual if one in options]
        self.told[name] = ", ".join(map(words, found))
        return found

    def flag(self, name: str, *, usual: bool) -> bool:
        """Return a yes or no."""
        said = self._given.get(name)
        found = said[-1].lower() in {"true", "1", "yes"} if said else usual
        self.told[name] = "yes" if found else "no"
        return found

    def number(self, name: str, usual: float) -> float:
        """Return a number; raises UserError for what is none."""
        said = self._given.get(name)
        try:
            found = float(said[-1]) if said else usual
        except ValueError as problem:
            raise errors.UserError(f"“{said[-1][:40] if said else ''}” is no number, and {name} in {self.path} wants one.") from problem
        if said:
            self.told[name] = f"{found:g}"
        return found

    def text(self, name: str, usual: str = "") -> str:
        """Return a text as it stands in the address."""
        said = self._given.get(name)
        found = said[-1] if said else usual
        if found:
            self.told[name] = found
        return found

    @property
    def unread(self) -> tuple[str, ...]:
        """Names in the address that nobody asked for: what was brushed or opened on the page, for instance."""
        return tuple(name for name in self._given if name not in self.told)


def _split(address: str) -> tuple[str, dict[str, list[str]]]:
    """Return path and parameters of an address, whole links of a dashboard included; the path of the first page is "home"."""
    place, _, query = address.strip().partition("?")
    path = urlsplit(place).path if "://" in place else place
    try:
        given = parse_qs(query.partition("#")[0], keep_blank_values=True, max_num_fields=MOST_PARAMETERS)
    except ValueError as problem:
        raise errors.UserError(f"The address “{address[:80]}” cannot be read.", "Copy it from the page once more.") from problem
    return unquote(path).strip("/").rpartition("/")[2].partition("#")[0] or "home", given


def _match(name: str, said: str, options: Sequence[Option], words: Callable[[Option], str]) -> Option:
    """Return the option that a text names, as it is written or in the page's words."""
    for read in (str, words):
        for option in options:
            if read(option) == said:
                return option
    raise errors.unknown(name, said, [words(option) for option in options])
