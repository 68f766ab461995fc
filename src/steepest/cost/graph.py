"""A traced module parted into what no point of a slice changes, what is affine in the coordinates, and the rest."""

from __future__ import annotations

import copy
import enum
import inspect
import operator
import warnings
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

Values = Callable[[Tensor], Tensor | None]


class Kind(enum.Enum):
    """What a node's value is, as a function of the coordinates."""

    FIXED = "the same at each point"
    AFFINE = "affine in the coordinates"
    REST = "anything else"


LINEAR_IN_PARAMETERS = (
    nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d, nn.Embedding
)  # fmt: skip
LINEAR_IN_INPUT = (nn.Flatten, nn.Unflatten, nn.Identity, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d,
                   nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d)  # fmt: skip
SHAPING = {
    torch.flatten, torch.reshape, torch.permute, torch.transpose, torch.squeeze, torch.unsqueeze, torch.neg,
    operator.getitem, operator.neg, "flatten", "reshape", "view", "permute", "transpose", "squeeze", "unsqueeze",
    "contiguous", "t", "neg", "mean", "sum", torch.mean, torch.sum,
}  # fmt: skip
PRODUCTS = {
    operator.matmul, torch.matmul, torch.mm, torch.bmm, operator.mul, torch.mul, "matmul", "mm", "bmm", "mul",
}  # fmt: skip
BIASED = {functional.linear, functional.conv1d, functional.conv2d, functional.conv3d}
IN_PLACE: dict[Any, Callable[[Tensor], Tensor]] = {
    nn.ReLU: torch.relu_, torch.relu: torch.relu_, functional.relu: torch.relu_, "relu": torch.relu_,
    nn.Tanh: torch.tanh_, torch.tanh: torch.tanh_, "tanh": torch.tanh_,
    nn.Sigmoid: torch.sigmoid_, torch.sigmoid: torch.sigmoid_, "sigmoid": torch.sigmoid_,
}  # fmt: skip
SUMS = {operator.add, operator.sub, torch.add, torch.sub, "add", "sub"}


@dataclass(frozen=True)
class Parted:
    """A module's graph, its nodes' kinds, and its rest as a module of its own, whose inputs are the `frontier`."""

    whole: fx.GraphModule
    kinds: Mapping[fx.Node, Kind]
    frontier: tuple[fx.Node, ...]
    rest: fx.GraphModule
    output: fx.Node

    @property
    def first(self) -> str:
        """Name the last layer whose work is shared."""
        shared = [n for n in self.whole.graph.nodes if self.kinds[n] is not Kind.REST and n.op.startswith("call")]
        layers = [str(node.target) for node in shared if node.op == "call_module"]
        return layers[-1] if layers else shared[-1].name if shared else ""


@dataclass(frozen=True)
class Call:
    """One call of a module: its arguments by name, and which of them were left to their defaults."""

    arguments: dict[str, Any]
    defaults: dict[str, Any]

    @staticmethod
    def of(module: nn.Module, given: tuple[Any, ...], keywords: dict[str, Any]) -> Call:
        """Lay what was given under the names that the module's forward has for it."""
        laid = inspect.signature(type(module).forward).bind(module, *given, **keywords)
        named = set(laid.arguments)
        laid.apply_defaults()
        arguments = dict(list(laid.arguments.items())[1:])
        return Call(arguments, {name: value for name, value in arguments.items() if name not in named})


def parted(module: nn.Module, call: Call, moved: Collection[Tensor]) -> Parted | None:
    """Trace a module and part it; None where it cannot be traced, or where hooks would be passed by.

    Tracing runs the module's own code, so it is given a copy of the structure; parameters and buffers are shared.
    """
    if any(part._forward_hooks or part._forward_pre_hooks for part in module.modules()):
        return None
    same = {id(value): value for value in (*module.parameters(), *module.buffers())}
    try:
        structure = copy.deepcopy(module, memo=same)  # pyright: ignore[reportArgumentType]  # it only needs get and set
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            whole = fx.symbolic_trace(structure, concrete_args=call.defaults or None)
        kinds = _kinds(whole, {id(value) for value in moved})
        return _cut(whole, kinds)
    except Exception:  # whatever a module's code makes of being traced, there is the loop
        return None


def _kinds(whole: fx.GraphModule, moved: set[int]) -> dict[fx.Node, Kind]:
    kinds: dict[fx.Node, Kind] = {}
    for node in whole.graph.nodes:
        inputs = [kinds[each] for each in node.all_input_nodes]
        if node.op == "get_attr":
            kinds[node] = Kind.AFFINE if id(_attribute(whole, node)) in moved else Kind.FIXED
        elif node.op == "output" or Kind.REST in inputs:
            kinds[node] = Kind.REST
        elif node.op == "call_module":
            kinds[node] = _of_module(whole.get_submodule(str(node.target)), inputs, moved)
        elif Kind.AFFINE not in inputs:
            kinds[node] = Kind.FIXED
        else:
            kinds[node] = Kind.AFFINE if _keeps_affine(node, kinds) else Kind.REST
    return kinds


def _of_module(part: nn.Module, inputs: list[Kind], moved: set[int]) -> Kind:
    moves = any(id(value) in moved for value in part.parameters())
    if Kind.AFFINE not in inputs and not moves:
        return Kind.FIXED
    plain = isinstance(part, nn.Embedding) and part.max_norm is not None
    linear = LINEAR_IN_INPUT if Kind.AFFINE in inputs else LINEAR_IN_PARAMETERS
    return Kind.AFFINE if type(part) in linear and not plain else Kind.REST


def _keeps_affine(node: fx.Node, kinds: Mapping[fx.Node, Kind]) -> bool:
    """Whether a function of affine values, and of fixed ones, is affine."""
    affine = [isinstance(each, fx.Node) and kinds[each] is Kind.AFFINE for each in node.args]
    named = {name for name, each in node.kwargs.items() if isinstance(each, fx.Node) and kinds[each] is Kind.AFFINE}
    if node.target in BIASED:
        return sum(affine[:2]) == 1 and named <= {"bias"}
    if node.target in SUMS:
        return not named and len(affine) == 2 and not node.kwargs
    if node.target in SHAPING:
        return not named and affine[0] and sum(affine) == 1
    if node.target in PRODUCTS:
        return sum(affine) == 1 and not named
    return node.target in (operator.truediv, torch.div, "div") and affine[:1] == [True] and sum(affine) == 1


def _cut(whole: fx.GraphModule, kinds: Mapping[fx.Node, Kind]) -> Parted | None:
    """Copy the nodes of the rest into a graph of their own; None where one of them would write into what is kept."""
    rest, placed = fx.Graph(), {}
    needed = {each for node, kind in kinds.items() if kind is Kind.REST for each in node.all_input_nodes}
    frontier = [node for node in needed if kinds[node] is not Kind.REST and node.op != "get_attr"]
    frontier.sort(key=list(whole.graph.nodes).index)
    for node in frontier:
        placed[node] = rest.placeholder(node.name)
    for node in whole.graph.nodes:
        if (node.op == "get_attr" and node in needed) or kinds[node] is Kind.REST:
            if node.op.startswith("call") and _writes(whole, node):
                first = node.all_input_nodes[0]
                if kinds[first] is Kind.FIXED or (kinds[first] is Kind.AFFINE and len(first.users) > 1):
                    return None
            placed[node] = _in_place(whole, node, kinds, rest, placed) or rest.node_copy(node, placed.__getitem__)
    (output,) = (node for node in whole.graph.nodes if node.op == "output")
    return Parted(whole, kinds, tuple(frontier), fx.GraphModule(whole, rest), output)


def _in_place(
    whole: fx.GraphModule, node: fx.Node, kinds: Mapping[fx.Node, Kind], rest: fx.Graph, placed: dict[fx.Node, fx.Node]
) -> fx.Node | None:
    """Write an activation over the combined value that it alone is given: it was made for this point."""
    target = type(whole.get_submodule(str(node.target))) if node.op == "call_module" else node.target
    first = node.all_input_nodes[0] if node.all_input_nodes else node
    if target not in IN_PLACE or len(node.args) != 1 or kinds[first] is not Kind.AFFINE or len(first.users) > 1:
        return None
    return None if first.op == "get_attr" else rest.call_function(IN_PLACE[target], (placed[first],))


def _writes(whole: fx.GraphModule, node: fx.Node) -> bool:
    """Whether a call may write into its first argument."""
    if node.op == "call_module":
        return bool(getattr(whole.get_submodule(str(node.target)), "inplace", False))
    name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "")
    inplace = node.target in vars(operator).values() and name.startswith("i") and name not in ("invert", "is_", "index")
    return bool(node.kwargs.get("inplace")) or inplace or (name.endswith("_") and not name.endswith("__"))


def _attribute(whole: fx.GraphModule, node: fx.Node) -> Any:
    value: Any = whole
    for part in str(node.target).split("."):
        value = getattr(value, part)
    return value


class Run(fx.Interpreter):
    """Values of the nodes that are not of the rest: at the origin, or along one direction.

    An affine node is linear in all the parameters together, so that its change along a direction is what it makes of
    the direction's own tensors in the parameters' places: no difference of two large numbers is taken. What is fixed
    and added counts at the origin, and as zero along a direction.
    """

    def __init__(self, parts: Parted, values: Values | None = None, kept: Mapping[fx.Node, Any] | None = None) -> None:
        super().__init__(parts.whole, garbage_collect_values=False)
        self._parts, self._values, self._kept = parts, values, kept or {}

    def values(self, arguments: Mapping[str, Any]) -> dict[fx.Node, Any]:
        """Give all values that do not need the rest."""
        kinds = self._parts.kinds
        for node in self._parts.whole.graph.nodes:
            if node.op == "placeholder":
                name = str(node.target)  # with a number behind it where its value was given to the tracer
                self.env[node] = arguments[name if name in arguments else name.rpartition("_")[0]]
            elif kinds[node] is Kind.FIXED and node in self._kept:
                self.env[node] = self._kept[node]
            elif kinds[node] is not Kind.REST:
                self.env[node] = self.run_node(node)
        return self.env

    def run_node(self, n: fx.Node) -> Any:
        """Run a node, along a direction with the direction's tensors in place of parameters."""
        if self._values is None or self._parts.kinds[n] is not Kind.AFFINE:
            return super().run_node(n)
        if n.op == "get_attr":
            return self._values(_attribute(self._parts.whole, n))
        args, kwargs = self.fetch_args_kwargs_from_env(n)
        if n.op == "call_module":
            part = self._parts.whole.get_submodule(str(n.target))
            ways = {name: self._values(value) for name, value in part.named_parameters()}
            return torch.func.functional_call(part, ways, args, kwargs)  # pyright: ignore[reportArgumentType]
        if n.target in SUMS:
            args = tuple(self._way(each, value) for each, value in zip(n.args, args, strict=True))
        elif n.target in BIASED and len(args) > 2 and args[2] is not None:
            args = (*args[:2], self._way(n.args[2], args[2]), *args[3:])
        elif n.target in BIASED and kwargs.get("bias") is not None:
            kwargs = kwargs | {"bias": self._way(n.kwargs["bias"], kwargs["bias"])}
        return getattr(self, n.op)(n.target, args, kwargs)

    def _way(self, given: Any, value: Any) -> Any:
        if isinstance(given, fx.Node) and self._parts.kinds[given] is Kind.AFFINE:
            return value
        return torch.zeros_like(value) if isinstance(value, Tensor) else 0.0
