"""Every public name is told by the rule of CONTRIBUTING.md: a sentence, an example that is run, what it raises, units.

Public is what the reference lists. A method is shown by an example of its own or by another in its package that calls
it; a property, a field or a member of an enum is told in one sentence, which its type and the example of its class make
plain; a method to be overridden, which does nothing itself but raise, is told in one, too.
"""

from __future__ import annotations

import ast
import doctest
import functools
import importlib
import inspect
import itertools
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, ClassVar

import pytest
from torch import Tensor

import steepest

ROOT = Path(__file__).parent.parent
REFERENCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "reference").glob("*.md")))
NAMESPACES = ("directions", "draw", "lessons", "slices", "traps", "vectors")


@dataclass(frozen=True)
class Public:
    """One name of the reference: `value` is the function or class, `owner` the class that a method belongs to."""

    name: str
    value: Any
    kind: str
    owner: type | None = None

    @property
    def text(self) -> str:
        return inspect.cleandoc(self.value.__doc__ or "")

    @property
    def told(self) -> str:
        """What is said of it, on one line and without the examples."""
        return " ".join(self.text.partition(">>>")[0].split())

    @property
    def examples(self) -> list[doctest.Example]:
        return doctest.DocTestParser().get_examples(self.text)

    @property
    def address(self) -> str:
        return f"{self.value.__module__}.{self.value.__qualname__}"


def unwrapped(value: Any) -> tuple[Any, str]:
    """The function behind a member of a class, and what kind of member it is."""
    if isinstance(value, property):
        return value.fget, "property"
    if isinstance(value, functools.cached_property):
        return value.func, "property"
    if isinstance(value, staticmethod | classmethod):
        return value.__func__, "method"
    return value, "method" if isinstance(value, FunctionType) else "data"


def found_at(dotted: str) -> Any:
    module, _, name = dotted.rpartition(".")
    value = getattr(importlib.import_module(module), name, None)
    return importlib.import_module(dotted) if value is None else value


def directives() -> Iterator[tuple[str, Any, str | None]]:
    """Whatever the reference lists: its name, the thing itself, and which of its members, if not all of them."""
    for found in re.finditer(r"^\.\. auto(\w+):: (\S+)((?:\n +:.*)*)", REFERENCE, re.MULTILINE):
        name = found[2] if found[2].startswith("steepest.") else f"steepest.{found[2]}"
        chosen = re.search(r":members: ?(.*)", found[3])
        members = None if chosen is None else chosen[1]
        if found[1] != "module":
            yield name, found_at(name), members
            continue
        module = importlib.import_module(name)
        for member in members.split(", ") if members else public_in(module):
            yield f"{name}.{member}", getattr(module, member), ""


def public_in(module: ModuleType) -> list[str]:
    ours = {
        name: value for name, value in vars(module).items() if str(getattr(value, "__module__", ""))[:8] == "steepest"
    }
    return [name for name, value in ours.items() if callable(value) and not name.startswith("_")]


def listed() -> Iterator[Public]:
    for name, value, members in directives():
        if not isinstance(value, type):
            yield Public(name, value, "function")
            continue
        yield Public(name, value, "class")
        for member, raw in vars(value).items():
            shown = members is not None and (not members or member in members.split(", "))
            if shown and not member.startswith("_") and unwrapped(raw)[1] != "data":
                yield Public(f"{name}.{member}", *unwrapped(raw), value)


PUBLIC = {public.name: public for public in listed()}
EXAMPLES = [public for public in PUBLIC.values() if public.examples]
each = pytest.mark.parametrize("public", PUBLIC.values(), ids=PUBLIC.keys())


def test_the_reference_lists_what_is_public() -> None:
    told = {id(public.value) for public in PUBLIC.values()}
    assert len(PUBLIC) > 150 and {"steepest.draw.contour", "steepest.Slice.load"} < set(PUBLIC)
    for space in (steepest, *(importlib.import_module(f"steepest.{name}") for name in NAMESPACES)):
        names = steepest.__all__ if space is steepest else public_in(space)
        values = {name: getattr(space, name) for name in names}
        missing = [name for name, value in values.items() if callable(value) and id(value) not in told]
        assert not missing, f"{space.__name__}: {missing}"


def test_every_noun_that_a_public_function_gives_is_in_the_reference() -> None:
    told = {public.value for public in PUBLIC.values() if public.kind == "class"}
    given = {noun: public.name for public in PUBLIC.values() for noun in nouns_of(public)}
    assert len(given) > 15
    assert not {noun.__name__: name for noun, name in given.items() if noun not in told and not issubclass(noun, str)}


def nouns_of(public: Public) -> set[type]:
    if public.kind == "class":
        return set()
    words = re.findall(r"\w+", str(public.value.__annotations__.get("return", "")))
    known = {word: public.value.__globals__.get(word) for word in words}
    return {noun for noun in known.values() if isinstance(noun, type) and noun.__module__.startswith("steepest")}


@each
def test_its_first_sentence_stands_alone(public: Public) -> None:
    first, *rest = public.text.splitlines() or [""]
    assert re.match(r"(?!This |It |See )[A-Z`0-9].*\.$", first) and not any(rest[:1]), f"{public.name}: {first!r}"


@each
def test_it_is_shown_in_an_example_that_is_run(public: Public) -> None:
    assert not any(doctest.SKIP in example.options for example in public.examples), f"{public.name} is not run"
    if public.examples:
        assert any(example.want or example.exc_msg for example in public.examples), f"{public.name} shows nothing"
        assert public.address in run_in(public.value.__module__), f"{public.name} is not found by doctest"
    elif public.kind == "method" and public.value.__name__ != "to_dict" and not is_promise(public.value):
        called = re.compile(rf"\.{public.value.__name__}\(")
        package = public.value.__module__.split(".")[:2]
        beside = [other for other in EXAMPLES if other.value.__module__.split(".")[:2] == package]
        shown = any(called.search(example.source) for other in beside for example in other.examples)
        assert shown, f"{public.name} is called in no example of {'.'.join(package)}"
    else:
        assert public.kind in ("property", "method") or is_promise(public.value), f"{public.name} has no example"


def is_promise(value: Any) -> bool:
    """Whether it does nothing itself but raise, or nothing at all: what it is for is said by whoever overrides it."""
    if isinstance(value, type):
        return issubclass(value, Exception) and not issubclass(value, steepest.SteepestError)
    body = tree_of(value).body[1:]
    return getattr(value, "__isabstractmethod__", False) or (len(body) == 1 and isinstance(body[0], ast.Raise))


@functools.cache
def run_in(module: str) -> set[str]:
    """The names of the tests that the suite, with `--doctest-modules` on `src`, runs in a module."""
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'testpaths = ["tests", "src"]' in settings and "--doctest-modules" in settings
    return {test.name for test in doctest.DocTestFinder(exclude_empty=True).find(importlib.import_module(module))}


@each
def test_it_says_what_it_raises(public: Public) -> None:
    if public.kind == "class":
        return  # it is told by whatever makes it
    chain = complaint(public.value, public.owner)
    says = re.search(
        r"(?:^|\n\n)Raises SteepestError|; raises SteepestError[^.]*\.$", public.text.partition("\n\n>>>")[0]
    )
    assert says or not chain, f"{public.name} does not say that it raises: {chain}"


UNIT = re.compile(
    r"cost|share|epoch|adjustments|second|factor|learning rate|length|cosine|how many|digits|norm|numbers| per ",
    re.IGNORECASE,
)
"""What a number is a number of, or what it is relative to. Parameters have the user's units."""

SHAPE = re.compile(r"shape|without dimensions|`\(\w+, \w+\)`")


@each
def test_a_number_says_what_it_is_a_number_of(public: Public) -> None:
    if public.kind == "class":
        documented = attribute_docstrings(public.value)
        names = [item.name for item in fields(public.value)] if is_dataclass(public.value) else []
        silent = [name for name in names if f"`{name}" not in public.told and name not in documented]
        assert not silent, f"{public.name} says nothing of {silent}"
        return
    given = str(public.value.__annotations__.get("return", ""))
    if re.search(r"\b(float|int)\b", given):
        assert UNIT.search(public.told), f"{public.name} gives a number, and not its unit: {public.told}"
    if re.search(r"\bTensor\b", given):
        assert SHAPE.search(public.told), f"{public.name} gives a tensor, and not its shape: {public.told}"


def attribute_docstrings(noun: type) -> dict[str, str]:
    """What stands below the attributes of a class, by their names."""
    body = tree_of(noun).body
    return {
        ast.unparse(field.target): str(below.value.value)
        for field, below in itertools.pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
    }


def test_each_member_of_an_enum_is_a_sentence() -> None:
    kinds = [public.value for public in PUBLIC.values() if public.kind == "class" and issubclass(public.value, Enum)]
    sentences = [str(member.value) for kind in kinds for member in kind]
    assert len(sentences) > 3 and all(re.match(r"[A-Z].*\.$", sentence) for sentence in sentences)


def untold() -> tuple[float, Tensor]:
    """It goes on in
    the next line.
    """
    raise NotImplementedError


def silent(given: int) -> float:
    """Give back what was given.

    >>> _ = silent(1)
    """
    return float(given)


@dataclass
class Nameless:
    """A noun of which no field is told."""

    field: float


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (test_its_first_sentence_stands_alone, untold),
        (test_it_is_shown_in_an_example_that_is_run, silent),
        (test_it_is_shown_in_an_example_that_is_run, Nameless),
        (test_a_number_says_what_it_is_a_number_of, untold),
        (test_a_number_says_what_it_is_a_number_of, silent),
        (test_a_number_says_what_it_is_a_number_of, Nameless),
    ],
)
def test_a_planted_fault_is_caught(check: Callable[[Public], None], value: Any) -> None:
    with pytest.raises(AssertionError):
        check(Public("planted", value, "class" if isinstance(value, type) else "function"))


def test_complaints_are_found_through_calls_imports_and_methods_and_none_is_invented() -> None:
    chains = {name: complaint(public.value, public.owner) for name, public in PUBLIC.items() if public.kind != "class"}
    assert chains["steepest.Cost.params"] == "raise"
    assert chains["steepest.lessons.hint"] == "_exercise > raise"
    assert chains["steepest.steps"] == "Cost.params > raise"
    assert chains["steepest.Slice.load"].startswith("load > ")
    assert chains["steepest.Table.sample"].startswith("Table._reviewed > Table.batches > ")
    assert chains["steepest.vectors.flat"] == chains["steepest.Curvature.half_life"] == ""
    told = [name for name, public in PUBLIC.items() if name in chains and "aises SteepestError" in public.told]
    assert len([name for name in told if chains[name]]) > 0.9 * len(told) > 40


def is_ours(function: FunctionType) -> bool:
    """Whether it is written in the package: what a dataclass writes for itself has no source."""
    return function.__module__.startswith("steepest") and function.__code__.co_filename != "<string>"


@functools.cache
def tree_of(value: Any) -> Any:
    return ast.parse(textwrap.dedent(inspect.getsource(value))).body[0]


@functools.cache
def complaint(function: Any, owner: type | None = None) -> str:
    """By which calls a function comes to raise a SteepestError, as far as its source shows; empty where by none.

    Followed is whatever of steepest's the source names: functions, classes that are made, methods of `self`, of
    classes, and of parameters annotated with one.
    """
    chain = _Search(function, owner).chain
    return chain if chain == "raise" or inspect.signature(function).parameters else ""  # it hands on what is known


class _Search(ast.NodeVisitor):
    def __init__(self, function: Any, owner: type | None) -> None:
        self.chain, self.names, self.instances = "", dict(function.__globals__), {"self": owner}
        if function.__qualname__ in self.under_way:  # recursion
            return
        self.under_way.append(function.__qualname__)
        tree = tree_of(function)
        for argument in [*tree.args.args, *tree.args.kwonlyargs]:
            self.instances.setdefault(argument.arg, self.names.get(ast.unparse(argument.annotation or argument)))
        for statement in tree.body:
            self.visit(statement)
        self.under_way.pop()

    under_way: ClassVar[list[str]] = []

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = importlib.import_module(node.module or "")
        self.names |= {name.asname or name.name: getattr(module, name.name, None) for name in node.names}

    def visit_Try(self, node: ast.Try) -> None:
        caught = " ".join(ast.unparse(handler.type) for handler in node.handlers if handler.type)
        raised = any(isinstance(part, ast.Raise) for handler in node.handlers for part in ast.walk(handler))
        kept = node.body if raised or not re.search(r"SteepestError|ValueError|Exception", caught) else []
        for part in [*kept, *node.handlers, *node.orelse, *node.finalbody]:
            self.visit(part)

    def visit_Raise(self, node: ast.Raise) -> None:
        made = node.exc.func if isinstance(node.exc, ast.Call) else None
        named = getattr(self.meant(made), "__annotations__", {}).get("return", "")
        if made is not None and "SteepestError" in (ast.unparse(made), named):
            self.chain = self.chain or "raise"
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called, owner = self.meant(node.func), None
        if isinstance(called, type):
            called, owner = vars(called).get("__init__"), called
        elif isinstance(node.func, ast.Attribute):
            owner = self.instance(node.func.value)
        called = unwrapped(called)[0]
        if isinstance(called, FunctionType) and is_ours(called):
            further = complaint(called, owner)
            self.chain = self.chain or (f"{called.__qualname__} > {further}" if further else "")
        self.generic_visit(node)

    def instance(self, node: ast.expr) -> type | None:
        """The class of which an expression is known to be an instance."""
        if isinstance(node, ast.Name):
            return self.instances.get(node.id)
        made = self.meant(node.func) if isinstance(node, ast.Call) else None
        return made if isinstance(made, type) else None

    def meant(self, node: ast.expr | None) -> Any:
        """What an expression names, if it is a function, a class or a module."""
        if isinstance(node, ast.Name):
            return self.names.get(node.id)
        if not isinstance(node, ast.Attribute):
            return None
        holder = self.instance(node.value) or self.meant(node.value)
        if isinstance(holder, ModuleType) and not holder.__name__.startswith("steepest"):
            return None
        return inspect.getattr_static(holder, node.attr, None)
