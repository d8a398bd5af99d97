"""The Muon optimiser (Keller Jordan and others, 2024) in float32: momentum whose matrix is pushed towards an orthogonal one.

Matrices of one shape are stepped as one batch, which on a single core costs a tenth of the training time instead of a quarter.
"""

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic iteration that brings singular values close to 1."""
ITERATIONS = 5


def orthogonalised(batch: Tensor) -> Tensor:
    """Matrices [n, rows, columns] with about the same singular vectors and singular values near 1; rows <= columns."""
    a, b, c = COEFFICIENTS
    x = batch / (batch.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised, with decoupled weight decay. All parameters are matrices."""

    def __init__(self, params, lr: float, momentum: float = 0.95, weight_decay: float = 0.05) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            by_shape: dict[tuple[int, int], list[Tensor]] = {}
            for parameter in group["params"]:
                tall = parameter.shape[0] > parameter.shape[1]
                by_shape.setdefault(tuple((parameter.mT if tall else parameter).shape), []).append(parameter)
            for parameters in by_shape.values():
                self._step_together(parameters, group)

    def _step_together(self, parameters: list[Tensor], group: dict) -> None:
        looks = [self._look_ahead(parameter, group["momentum"]) for parameter in parameters]
        for parameter, update in zip(parameters, orthogonalised(torch.stack(looks))):
            rows, columns = parameter.shape
            update = update.mT if rows > columns else update
            parameter.mul_(1 - group["lr"] * group["weight_decay"])
            parameter.add_(update, alpha=-group["lr"] * max(1.0, rows / columns) ** 0.5)

    def _look_ahead(self, parameter: Tensor, momentum: float) -> Tensor:
        state = self.state[parameter]
        if not state:
            state["mean"] = torch.zeros_like(parameter)
        state["mean"].lerp_(parameter.grad, 1 - momentum)
        look = parameter.grad.lerp(state["mean"], momentum)
        return look.mT if look.shape[0] > look.shape[1] else look
