"""What is written on the board: a line with the rule that led to it, and the lines of one derivation."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from steepest.derivation.expressions import Expression, Named
from steepest.derivation.notation import EQUALS, layout
from steepest.derivation.printing import latex_text, mathml_document, mathml_text, plain, to_latex, to_mathml, to_text

WIDEST = 80
"""Longer lines of plain text are broken before a plus or a definition."""


@dataclass(frozen=True, eq=False)
class Line:
    """One line on the board: `left = right`, and the rule that led to it; `where` defines symbols used first here.

    `numbers` says that the symbols have been replaced by the numbers at hand.

    >>> from steepest.derivation.expressions import Symbol
    >>> x = Symbol("x", "", "x")
    >>> line = Line("the square", Symbol("y", "", "y"), x**2)
    >>> line.text(), line.latex()
    ('y = x²', 'y = x^{2}')
    """

    rule: str
    left: Expression
    right: Expression
    where: tuple[Named, ...] = ()
    numbers: bool = False

    def __repr__(self) -> str:
        return f"Line({self.rule!r}: {self.text()})"

    def text(self) -> str:
        """Write the line in Unicode."""
        return f"{to_text(layout(self.left))}{self.right_text()}"

    def latex(self) -> str:
        """Write the line in LaTeX, without its rule."""
        return to_latex(layout(self.left)) + self.right_latex(EQUALS.latex)

    def mathml(self) -> str:
        """Write the line in MathML, without its rule."""
        return mathml_document(
            f"<mrow>{to_mathml(layout(self.left))}{to_mathml(EQUALS)}{self.right_mathml()}</mrow>", block=False
        )

    def right_text(self) -> str:
        """Write the line from its equals sign on."""
        definitions = [f"{name!r} = {name.definition!r}" for name in self.where]
        return f" = {self.right!r}" + (f"   with {', '.join(definitions)}" if definitions else "")

    def right_latex(self, equals: str) -> str:
        """Write the line in LaTeX from its equals sign on."""
        definitions = [to_latex(layout(name)) + " = " + to_latex(layout(name.definition)) for name in self.where]
        following = r" \quad \text{with} \quad " + r" ,\quad ".join(definitions) if definitions else ""
        return equals + to_latex(layout(self.right)) + following

    def right_mathml(self) -> str:
        """Write what stands right of the equals sign in MathML."""
        definitions = [
            f"<mrow>{to_mathml(layout(name))}{to_mathml(EQUALS)}{to_mathml(layout(name.definition))}</mrow>"
            for name in self.where
        ]
        space = '<mspace width="1em"/>'
        following = f"{space}<mtext>with</mtext>{space}" + f"<mo>,</mo>{space}".join(definitions)
        return f"<mrow>{to_mathml(layout(self.right))}{following if definitions else ''}</mrow>"

    def to_dict(self) -> dict[str, Any]:
        """Give the line as plain data."""
        return {
            "rule": self.rule,
            "text": self.text(),
            "latex": self.latex(),
            "mathml": self.mathml(),
            "numbers": self.numbers,
        }


@dataclass(frozen=True, eq=False)
class Derivation:
    """The partial derivative of the cost by one parameter, derived line by line; made by `derive`.

    `lines` lead to the slope by that `parameter`; `value`, in cost per unit of it, is that of the last line, at the
    parameters and data given; `checked` says where every line was compared with autograd; `stand_ins` pairs a symbol
    with the name it stands for, where that name could not be part of a formula.

    >>> import torch
    >>> from steepest.derivation import derive
    >>> start = {"m": torch.tensor(2.0), "b": torch.tensor(0.0)}
    >>> slope = derive("linear", start, torch.tensor([3.0]), torch.tensor([5.0]))["m"]
    >>> slope.lines[-3]
    Line('everything collected': ∂C/∂m = 2 (ŷ − y) x)
    >>> slope.value, len(slope.lines), slope.latex().count("&="), slope.mathml().count("<mtr>")
    (6.0, 9, 9, 9)
    """

    parameter: str
    lines: tuple[Line, ...]
    value: float | Tensor
    checked: str
    stand_ins: tuple[tuple[Expression, str], ...] = ()

    def __repr__(self) -> str:
        return f"Derivation({self.parameter!r}, {len(self.lines)} lines, ending {self.lines[-1].text()})"

    def __str__(self) -> str:
        return self.text()

    def text(self, *, numbers: bool = True, width: int | None = None) -> str:
        """Write the whole derivation in Unicode, equals signs below each other, the rules in a column.

        Without `numbers`, the lines with numbers in place of symbols are left out. Where the column of rules does not
        fit into `width`, each rule stands above its line.
        """
        chosen = self._chosen(numbers)
        lefts = [to_text(layout(left)) if left else "" for left, _ in chosen]
        rights = [_broken(line.right_text()) for _, line in chosen]
        margin = max(map(len, lefts))
        longest = max(len(part) for right in rights for part in right)
        beside = width is None or margin + longest + 3 + max(len(line.rule) for _, line in chosen) <= width
        rows = list[str]()
        for left, right, (_, line) in zip(lefts, rights, chosen, strict=True):
            rows += [] if beside else [f"{'':<{margin}}   {line.rule}:"]
            rows.append(f"{left:<{margin}}{right[0]:<{longest}}" + (f"   {line.rule}" if beside else ""))
            rows += [f"{'':<{margin}}{part}" for part in right[1:]]
        rows += [f"{symbol!r} stands for '{plain(name)}'" for symbol, name in self.stand_ins]
        rows += textwrap.wrap(f"Checked: {self.checked}.", WIDEST)
        return "\n".join(row.rstrip() for row in rows)

    def latex(self, *, numbers: bool = True) -> str:
        """Write the whole derivation as a LaTeX `aligned` environment (amsmath), the rules as its last column."""
        rows = [
            (to_latex(layout(left)) if left else "")
            + line.right_latex(" &= ")
            + rf" && \text{{{latex_text(line.rule)}}}"
            for left, line in self._chosen(numbers)
        ]
        rows += [
            rf"& {to_latex(layout(symbol))} \text{{ stands for }} \text{{{latex_text(name)}}}"
            for symbol, name in self.stand_ins
        ]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def mathml(self, *, numbers: bool = True) -> str:
        """Write the whole derivation as one MathML table: left side, equals sign, right side, rule."""
        rows = [
            [
                to_mathml(layout(left)) if left else "",
                to_mathml(EQUALS),
                line.right_mathml(),
                f"<mtext>{mathml_text(line.rule)}</mtext>",
            ]
            for left, line in self._chosen(numbers)
        ]
        rows += [
            [to_mathml(layout(symbol)), "<mtext>stands for</mtext>", f"<mtext>{mathml_text(name)}</mtext>", ""]
            for symbol, name in self.stand_ins
        ]
        body = "".join(f"<mtr>{''.join(f'<mtd>{cell}</mtd>' for cell in row)}</mtr>" for row in rows)
        return mathml_document(f'<mtable columnalign="right center left left">{body}</mtable>', block=True)

    def to_dict(self) -> dict[str, Any]:
        """Give the derivation as plain data: strings, numbers and lists."""
        return {
            "parameter": self.parameter,
            "value": self.value.tolist() if isinstance(self.value, Tensor) else float(self.value),
            "checked": self.checked,
            "stand_ins": {repr(symbol): name for symbol, name in self.stand_ins},
            "lines": [line.to_dict() for line in self.lines],
        }

    def _repr_html_(self) -> str:
        # Cells of a table of HTML, because browsers other than Firefox ignore the alignment of a MathML table. The
        # report's page writes the numbers of the step that is shown into the rows that are marked.
        left_aligned, marked = ' style="text-align: left"', ' data-numbers="yes"'
        rows = "".join(
            f"<tr{marked if line.numbers else ''}>"
            f"<td{left_aligned}>{mathml_document(to_mathml(layout(left)), block=False) if left else ''}</td>"
            f"<td{left_aligned}>{mathml_document(to_mathml(EQUALS) + line.right_mathml(), block=False)}</td>"
            f"<td{left_aligned}>{mathml_text(line.rule)}</td></tr>"
            for left, line in self._chosen(numbers=True)
        )
        rows += "".join(
            f"<tr><td{left_aligned}>{mathml_document(to_mathml(layout(symbol)), block=False)}</td>"
            f"<td{left_aligned} colspan='2'>stands for {mathml_text(name)}</td></tr>"
            for symbol, name in self.stand_ins
        )
        return f"<table>{rows}</table><p>Checked: {mathml_text(self.checked)}.</p>"

    def _chosen(self, numbers: bool) -> list[tuple[Expression | None, Line]]:
        chosen = [line for line in self.lines if numbers or not line.numbers]
        previous = [None, *(line.left for line in chosen)]
        return [
            (None if line.left is before else line.left, line) for before, line in zip(previous, chosen, strict=False)
        ]


def _broken(text: str) -> list[str]:
    rows = [""]
    for piece in re.split(r"(?= \+ )|(?=   with )", text):
        if rows[-1] and len(rows[-1]) + len(piece) > WIDEST:
            rows.append("  ")
        rows[-1] += piece
    return rows
