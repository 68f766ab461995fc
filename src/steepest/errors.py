"""How steepest complains: what was asked, what was found, the likely cause, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class SteepestError(ValueError):
    """A request that cannot be met, said so that the reader knows what to do next.

    Raised where the fact is found, with `found` (names, shapes, numbers), `cause` and `remedy`; the door through
    which the request came adds what was `asked` (see `door`).

    >>> raise SteepestError("column 'dose' has 3 empty cells (first: row 17)", remedy="Fill them.", asked="trial.csv")
    Traceback (most recent call last):
    steepest.errors.SteepestError: trial.csv: column 'dose' has 3 empty cells (first: row 17). Fill them.
    """

    def __init__(self, found: str, *, cause: str = "", remedy: str = "", asked: str = "") -> None:
        super().__init__(found)
        self.found, self.cause, self.remedy, self.asked = found, cause, remedy, asked

    def __str__(self) -> str:
        sentence = f"{self.asked}: {self.found}" if self.asked else self.found
        parts = [part for part in (sentence, self.cause, self.remedy) if part]
        return " ".join(part if part[-1] in ".?" else f"{part}." for part in parts)


@contextmanager
def door(asked: str) -> Iterator[None]:
    """Add what was asked to a complaint that comes from inside, unless an inner door has already said it.

    >>> with door("plane"):
    ...     raise SteepestError("directions 0 and 1 are parallel")
    Traceback (most recent call last):
    steepest.errors.SteepestError: plane: directions 0 and 1 are parallel.
    """
    try:
        yield
    except SteepestError as complaint:
        complaint.asked = complaint.asked or asked
        raise


def near(name: str, known: Iterable[str]) -> str:
    """Name what a mistyped name may have meant, as a sentence for `remedy`.

    >>> near("dosage", ["dose", "age"])
    "Did you mean 'dose'? There are: 'dose', 'age'"
    """
    known = list(known)
    lower = {item.lower(): item for item in known}
    close = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
    shown = ", ".join(repr(item) for item in known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    return (f"Did you mean '{lower[close[0]]}'? " if close else "") + f"There are: {shown}"


def listed(names: Iterable[str]) -> str:
    """Join quoted names with commas and a final 'and'.

    >>> listed(["m", "b"])
    "'m' and 'b'"
    """
    quoted = [f"'{name}'" for name in names]
    return " and ".join(part for part in (", ".join(quoted[:-1]), *quoted[-1:]) if part)
