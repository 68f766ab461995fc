"""What every Cost can do, and the three ways to make one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Tensor

from steepest.errors import SteepestError, near
from steepest.vectors import Params

if TYPE_CHECKING:
    from steepest.cost.least_squares import LeastSquares
    from steepest.cost.module import ModuleCost


@dataclass(frozen=True)
class Restriction:
    """The values of a cost on a slice, got in another way than by one `value` at each point.

    `costs` takes coordinates of shape `(points, directions)` and gives costs of shape `(points,)`. `method` says how
    they are got, and how exact they are.

    >>> bowl = Cost.least_squares(torch.arange(3.0), torch.tensor([3.0, 3.0, 3.0]))
    >>> shortcut = bowl.restricted(bowl.zeros(), [bowl.minimum])
    >>> shortcut.costs(torch.tensor([[0.0], [0.5], [1.0]]))
    tensor([9.0000, 2.2500, 0.0000], dtype=torch.float64)
    >>> shortcut.method
    'worked out from 3 numbers of the quadratic, exact at each point'
    """

    costs: Callable[[Tensor], Tensor]
    method: str


class Cost(ABC):
    """The mean loss over all the data, as a function of the parameters.

    `C(parameters) = (1/n) sum_i loss(estimate_i(parameters), target_i)`

    Make one with `Cost.from_function`, `Cost.from_module` or `Cost.least_squares`. Everything else in steepest is a
    function of a Cost and uses nothing but its three abilities: `value`, `value_and_gradient` and `product`; and two
    shortcuts where they are there, `products` and `restricted`. A cost has the unit of its loss.

    >>> cost = Cost.from_function(lambda m, b: 3 * m**2 + b**2)
    >>> point, along_m = cost.params({"m": 1.0, "b": 2.0}), cost.params({"m": 1.0, "b": 0.0})
    >>> cost.value(point)
    tensor(7.)
    >>> cost.value_and_gradient(point)[1]
    {'m': tensor(6.), 'b': tensor(4.)}
    >>> cost.product(point, along_m)
    {'m': tensor(6.), 'b': tensor(0.)}
    """

    names: tuple[str, ...]
    """The parameters' names, in order."""

    examples: int | None = None
    """How many examples the mean is taken over, where that is known."""

    def __repr__(self) -> str:
        rows = "" if self.examples is None else f", {self.examples:,} examples"
        return f"<{type(self).__name__} of {len(self.names)} parameters: {', '.join(self.names[:8])}{rows}>"

    @abstractmethod
    def zeros(self) -> Params:
        """Make parameters that are all zero, with the right names, shapes, dtype and device."""

    @abstractmethod
    def value(self, params: Params) -> Tensor:
        """Forward pass and cost: one number in the unit of the loss, as a tensor without dimensions."""

    @abstractmethod
    def value_and_gradient(self, params: Params) -> tuple[Tensor, Params]:
        """Cost and its gradient, the gradient with the names and shapes of the parameters."""

    @abstractmethod
    def product(self, params: Params, vector: Params) -> Params:
        """Hessian times vector, named and shaped as the parameters, without the Hessian ever being formed."""

    def products(self, params: Params) -> Callable[[Params], Params]:
        """Offer `product` at one point, to be asked again and again; what all products share may be done once.

        >>> hessian = Cost.from_function(lambda m: 3 * m**2).products({"m": torch.tensor(1.0)})
        >>> hessian({"m": torch.tensor(1.0)}), hessian({"m": torch.tensor(2.0)})
        ({'m': tensor(6.)}, {'m': tensor(12.)})
        """
        return lambda vector: self.product(params, vector)

    def restricted(self, origin: Params, directions: Sequence[Params]) -> Restriction | None:
        """Offer the values on `origin + a * directions[0] + b * directions[1]`, computed cheaper; None without one."""
        del origin, directions
        return None

    def sample(self, examples: int, *, seed: int = 0) -> Cost:
        """Make a Cost over `examples` rows of the data, drawn once by `seed`, the same at every point.

        Its `sampled` says which, and `value_and_interval` how far its mean may be from that over all rows.

        Raises SteepestError for a cost whose rows are not known.

        >>> x = torch.arange(100.0)[:, None]
        >>> cost = Cost.from_module(torch.nn.Linear(1, 1), torch.nn.functional.mse_loss, [(x, 2 * x)])
        >>> cost.sample(40).examples
        40
        """
        from steepest.cost.sample import sample

        return sample(self, examples, seed=seed)

    @property
    def minimum(self) -> Params | None:
        """Where the cost is lowest, if that is known exactly; None where only walking can tell."""
        return None

    @property
    def factor(self) -> Tensor | None:
        """A matrix A whose Gram matrix A'A is the Hessian everywhere, if there is one; None for a curved cost.

        Its shape is `(rows, parameters)`. Its singular values squared are the Hessian's eigenvalues, to twice as many
        digits as the Hessian can give.
        """
        return None

    def params(self, values: Mapping[str, Tensor | float]) -> Params:
        """Make the caller's numbers or tensors into parameters of this cost: own copies, right names and shapes.

        Numbers take the dtype of `zeros()`; tensors keep theirs.

        Raises SteepestError for a missing or unknown name, a wrong shape, or a value that is not a number.

        >>> cost = Cost.from_function(lambda m, b: (m - 1) ** 2 + b**2)
        >>> cost.params({"m": 0.9, "b": 0.1})
        {'m': tensor(0.9000), 'b': tensor(0.1000)}
        """
        if not isinstance(values, Mapping):
            module = isinstance(values, torch.nn.Module)
            raise SteepestError(
                f"parameters are given as a {type(values).__name__}, not as a dict",
                remedy="Give cost.at_module, or dict(module.named_parameters())"
                if module
                else "Give a number or a tensor for each name, such as run.end",
            )
        for name in values:
            if name not in self.names:
                raise SteepestError(f"there is no parameter '{name}'", remedy=near(name, self.names))
        made: Params = {}
        for name, zero in self.zeros().items():
            if name not in values:
                raise SteepestError(
                    f"parameter '{name}' has no value, only {', '.join(values) or 'none'} given",
                    remedy=f"Give a value for each of {', '.join(self.names)}",
                )
            given = values[name]
            try:
                tensor = (
                    given.detach().clone()
                    if isinstance(given, Tensor)
                    else torch.tensor(given, dtype=zero.dtype, device=zero.device)
                )
            except (TypeError, ValueError, RuntimeError) as error:
                raise SteepestError(
                    f"parameter '{name}' is {given!r}, which is not a number", remedy="Give a number or a tensor"
                ) from error
            if tensor.shape != zero.shape:
                raise SteepestError(
                    f"parameter '{name}' has shape {tuple(tensor.shape)}, this cost needs {tuple(zero.shape)}",
                    remedy="Give a start with the shapes of cost.zeros()",
                )
            made[name] = tensor if tensor.is_floating_point() else tensor.to(zero)
        return made

    @staticmethod
    def from_function(
        function: Callable[..., Tensor],
        *,
        like: Mapping[str, Tensor] | None = None,
        dtype: torch.dtype | None = None,
    ) -> Cost:
        """Make a Cost of a function whose argument names are the parameters and whose result is the cost.

        Parameters are numbers (tensors without dimensions) of `dtype` unless `like` gives their shapes and dtypes;
        `like` also names them, for a function that takes `**parameters`.

        Raises SteepestError where the function does not return one number, or loses the parameters' precision.

        >>> x = torch.tensor([0.0, 1.0, 2.0])
        >>> y = torch.tensor([1.0, 3.0, 5.0])
        >>> cost = Cost.from_function(lambda m, b: ((m * x + b - y) ** 2).mean())
        >>> cost.value(cost.params({"m": 2, "b": 0}))
        tensor(1.)
        """
        from steepest.cost.function import FunctionCost

        return FunctionCost(function, like=like, dtype=dtype)

    @staticmethod
    def from_module(
        module: torch.nn.Module,
        loss: Callable[..., Any],
        batches: Iterable[Any],
        *,
        batch_norm: Literal["frozen", "batch", "recalibrated"] | None = None,
        only: Sequence[str] | None = None,
        sharded: bool = False,
    ) -> ModuleCost:
        """Make a Cost of a module, a loss that averages over a batch, and batches that can be read again and again.

        `loss(outputs, targets)` takes batches `(inputs, targets)` or `(input, ..., targets)`; inputs may be a tensor, a
        tuple (given as arguments) or a dict (as keywords). A loss whose arguments are named `module, batch` is given
        the module and the batch as it is, of any kind. Batches weigh by their rows, or under torch's own cross-entropy
        by the targets that count and the weights of their classes; a loss of yours that averages over something else
        (words without padding) returns the pair `(loss, count)`. It may differentiate by the inputs, as of a PDE.

        Parameters are those of the module that require a gradient, or `only` those named, frozen ones too; the rest is
        held. `batch_norm` says which statistics normalise: the module's own ("frozen"), those of each "batch", or
        "recalibrated" ones, pooled over all batches anew at each point, which give costs but no gradient. The module
        itself is never changed. In half precision the cost is a float64, gradients are summed in float32.

        With `sharded` every rank of torch.distributed gives batches of its own, and all get the cost of all of them:
        sums and counts are added up, so shards may be uneven, or empty. All ranks must then ask for the same things.

        A DataLoader that shuffles is read whole, in one order drawn once.

        Raises SteepestError where two passes disagree (live dropout, augmentation), the loss is a sum, or of several
        batches no mean over rows, the batches can be read only once, a batch norm in training mode has no policy, or
        ranks differ in parameters.

        >>> module = torch.nn.Linear(1, 1)
        >>> inputs, targets = torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [3.0]])
        >>> cost = Cost.from_module(module, torch.nn.functional.mse_loss, [(inputs, targets)])
        >>> cost.names
        ('weight', 'bias')
        >>> batches = [{"x": inputs, "y": targets}]
        >>> Cost.from_module(module, lambda module, batch: (module(batch["x"]) - batch["y"]).square().mean(), batches)
        <ModuleCost of 2 parameters: weight, bias, 2 examples>
        """
        from steepest.cost.module import ModuleCost

        return ModuleCost(module, loss, batches, batch_norm=batch_norm, only=only, sharded=sharded)

    @staticmethod
    def least_squares(
        inputs: Tensor | Mapping[str, Tensor] | Iterable[tuple[Tensor, Tensor]],
        targets: Tensor | None = None,
        *,
        names: Sequence[str] | None = None,
        intercept: bool = True,
        ridge: float = 0.0,
        standardise: bool = False,
        sharded: bool = False,
    ) -> LeastSquares:
        """Make the Cost of a linear model under mean squared error, reading the data once.

        `C(w, b) = (1/n) sum_i (w . x_i + b - y_i)^2 + ridge |w|^2`

        `inputs` has shape `(examples,)`, parameters `m` and `b`; or `(examples, features)`, parameters `weights` and
        `intercept`; or is a dict of columns, a parameter for each and `intercept`; or is an iterable of batches
        `(inputs, targets)`, read as a stream, with `targets` left out. `names` gives each weight, and last the
        intercept, a name of its own. After the one pass every ability costs O(features²), however many examples.

        With `standardise` the parameters are those of columns with mean 0 and standard deviation 1;
        `cost.in_own_units` gives them back. With `sharded` every rank of torch.distributed reads examples of its own,
        and all get the cost of all of them.

        The data become the R factor of a centred QR decomposition (Golub and Van Loan, 2013, §5.3), about a pilot fit.

        Raises SteepestError for ragged shapes, NaN and infinities, and no data.

        >>> x = torch.arange(3.0)
        >>> Cost.least_squares(x, 2 * x + 1).minimum
        {'m': tensor(2., dtype=torch.float64), 'b': tensor(1., dtype=torch.float64)}
        """
        from steepest.cost.least_squares import LeastSquares
        from steepest.cost.moments import Moments, measure
        from steepest.cost.shards import joined

        def read() -> tuple[Moments, tuple[str, ...] | None]:
            return measure(inputs, targets, intercept=intercept)

        moments, named = joined(read) if sharded else read()
        return LeastSquares(moments, names=names or named, ridge=ridge, standardise=standardise)
