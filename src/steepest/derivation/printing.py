"""The same layout as plain text, as LaTeX and as presentation MathML."""

from __future__ import annotations

from html import escape

from steepest.derivation.notation import Box, Fence, Fraction, Grid, Row, Script, Sign, SumSign

LOWERED = dict(zip("0123456789ijkn", "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₙ", strict=True))
RAISED = dict(zip("0123456789()−T", "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾⁻ᵀ", strict=True))
LATEX_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
}
MATHML_NAMESPACE = "http://www.w3.org/1998/Math/MathML"


def to_text(box: Box) -> str:  # noqa: PLR0911 - one case for each kind of box
    """Print a layout as one line of Unicode."""
    match box:
        case Sign(_, text):
            return text
        case Row(boxes):
            return "".join(map(to_text, boxes)).replace("  ", " ")
        case Fraction(top, bottom, factor, derivative):
            over = "/".join(
                to_text(Fence(part) if isinstance(part, Row) and not derivative else part) for part in (top, bottom)
            )
            return f"({over})" if factor else over
        case Script(base, below, above):
            return to_text(base) + _shifted("".join(below), LOWERED, "_") + _shifted(above, RAISED, "^")
        case SumSign(index):
            return "Σ" + LOWERED[index]
        case Fence(inside, square):
            return f"[{to_text(inside)}]" if square else f"({to_text(inside)})"
        case Grid(rows):
            return f"[{'; '.join(', '.join(map(to_text, row)) for row in rows)}]"


def to_latex(box: Box) -> str:  # noqa: PLR0911 - one case for each kind of box
    """Print a layout as LaTeX, for use in any mathematics environment."""
    match box:
        case Sign(latex=latex):
            return latex
        case Row(boxes):
            return "".join(map(to_latex, boxes))
        case Fraction(top, bottom):
            return rf"\frac{{{to_latex(top)}}}{{{to_latex(bottom)}}}"
        case Script(base, below, above):
            lowered = ",".join(below) if any(part.isdigit() for part in below) else "".join(below)
            raised = above.replace("−", "-").replace("T", r"\top ")
            return to_latex(base) + (f"_{{{lowered}}}" if below else "") + (f"^{{{raised}}}" if above else "")
        case SumSign(index):
            return r"\sum_{i=1}^{n} " if index == "i" else rf"\sum_{{{index}}} "
        case Fence(inside, square):
            left, right = ("[", "]") if square else ("(", ")")
            return rf"\left{left}{to_latex(inside)}\right{right}"
        case Grid(rows):
            body = r" \\ ".join(" & ".join(map(to_latex, row)) for row in rows)
            return rf"\begin{{bmatrix}}{body}\end{{bmatrix}}"


def to_mathml(box: Box) -> str:  # noqa: PLR0911 - one case for each kind of box
    """Print a layout as presentation MathML, without the enclosing `<math>`."""
    match box:
        case Sign(kind, text, mathml=other):
            return f"<{kind}>{escape(other or text.strip())}</{kind}>"
        case Row(boxes):
            return f"<mrow>{''.join(map(to_mathml, boxes))}</mrow>"
        case Fraction(top, bottom):
            return f"<mfrac>{to_mathml(top)}{to_mathml(bottom)}</mfrac>"
        case Script(base, below, above):
            raised = f"<mo>{above}</mo>" if above == "T" else f"<mn>{above}</mn>"
            tag = "msubsup" if below and above else "msub" if below else "msup"
            return f"<{tag}>{to_mathml(base)}{_lowered(below)}{raised if above else ''}</{tag}>"
        case SumSign("i"):
            start = "<mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow>"
            return f"<munderover><mo>∑</mo>{start}<mi>n</mi></munderover>"
        case SumSign(index):
            return f"<munder><mo>∑</mo><mi>{index}</mi></munder>"
        case Fence(inside, square):
            left, right = ("[", "]") if square else ("(", ")")
            return f"<mrow><mo>{left}</mo>{to_mathml(inside)}<mo>{right}</mo></mrow>"
        case Grid(rows):
            cells = "".join(f"<mtr>{''.join(f'<mtd>{to_mathml(entry)}</mtd>' for entry in row)}</mtr>" for row in rows)
            return f"<mrow><mo>[</mo><mtable>{cells}</mtable><mo>]</mo></mrow>"


def mathml_document(inside: str, *, block: bool) -> str:
    """Wrap MathML in `<math>`, as its own block or within a line of text."""
    display = ' display="block"' if block else ""
    return f'<math xmlns="{MATHML_NAMESPACE}"{display}>{inside}</math>'


def plain(text: str) -> str:
    """Make any string safe to show on one line: what cannot be printed is spelled out.

    >>> plain("dose" + chr(10) + chr(0))
    'dose\\\\n\\\\x00'
    """
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def latex_text(text: str) -> str:
    r"""Escape any string for use in text within LaTeX.

    >>> print(latex_text("50% of $x_1"))
    50\% of \$x\_1
    """
    return "".join(LATEX_ESCAPES.get(sign, sign) for sign in plain(text))


def mathml_text(text: str) -> str:
    """Escape any string for use as text in XML and HTML.

    >>> mathml_text("</script>")
    '&lt;/script&gt;'
    """
    return escape(plain(text), quote=True)


def _shifted(signs: str, alphabet: dict[str, str], otherwise: str) -> str:
    return "".join(alphabet[sign] for sign in signs) if all(sign in alphabet for sign in signs) else otherwise + signs


def _lowered(parts: tuple[str, ...]) -> str:
    if not parts:
        return ""
    signs = [f"<mn>{part}</mn>" if part.isdigit() else f"<mi>{part}</mi>" for part in parts]
    if len(signs) == 1:
        return signs[0]
    comma = "<mo>,</mo>" if any(part.isdigit() for part in parts) else ""
    return f"<mrow>{comma.join(signs)}</mrow>"
