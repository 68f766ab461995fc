"""What a learner is told: right or not yet, the mistake by its name, a hint; the solution where it is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape


class Words(str):
    """Text that a notebook shows as it is, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        if "\n" in self:  # code, or a table
            return f'<pre style="white-space: pre-wrap">{escape(self)}</pre>'
        return f"<p>{escape(self)}</p>"


NO_MISTAKES = ("No answer yet", "No guess was kept", "A surprise")
"""What stands in the place of a mistake's name, and is none."""


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong with an answer: its name, what was seen, and where to look."""

    name: str
    claim: str
    hint: str = ""


@dataclass(frozen=True, repr=False)
class Reply:
    """The judgement of an `exercise`: `passed`, the `claim` with its numbers, the `mistake` by name, and a `hint`.

    >>> reply = Reply("mse", False, "It is 8 times too large.", "sum for mean", "Divide by how many there are.", "/ 8")
    >>> reply
    Not yet (sum for mean). It is 8 times too large.
    Hint: Divide by how many there are.
    >>> reply.solution()
    / 8
    """

    exercise: str
    passed: bool
    claim: str
    mistake: str = ""
    hint: str = ""
    worked: str = field(default="", compare=False)
    """The solution, which nothing shows before `solution()` is called."""

    def solution(self) -> Words:
        """Show the solution, now that it was asked for."""
        return Words(self.worked)

    @property
    def verdict(self) -> str:
        """The first words: right, or not yet and the mistake's name."""
        if not self.passed and self.mistake in NO_MISTAKES:
            return f"{self.mistake}."
        named = f" ({self.mistake})" if self.mistake else ""
        return "Right." if self.passed else f"Not yet{named}."

    def __str__(self) -> str:
        return f"{self.verdict} {self.claim}" + (f"\nHint: {self.hint}" if self.hint else "")

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return f"**{self.verdict}** {self.claim}" + (f"\n\n*Hint:* {self.hint}" if self.hint else "")

    def _repr_html_(self) -> str:
        mark, colour = ("✓", "#009E73") if self.passed else ("✗", "#D55E00")
        if self.mistake in NO_MISTAKES:
            mark, colour = "→", "#0072B2"
        hint = f"<br><em>Hint:</em> {escape(self.hint)}" if self.hint else ""
        return (
            f'<div role="status" style="border-left: 0.4em solid {colour}; padding: 0.4em 0.8em">'
            f"<strong>{mark} {escape(self.verdict)}</strong> {escape(self.claim)}{hint}</div>"
        )
