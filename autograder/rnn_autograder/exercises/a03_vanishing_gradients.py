"""Assignment 3: what each exercise must satisfy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnn_autograder.criteria import (
    Array,
    Reals,
    contract,
    dtype,
    generator,
    inputs,
    long,
    ones,
    refuses,
    results,
    single_precision,
    special,
    square,
    stable,
    values,
)
from rnn_autograder.exercise import Exercise, Observation, Player
from rnn_autograder.rules import numpy_only
from rnn_autograder.wire import Seeded, Value, encode

# Slopes ----------------------------------------------------------------------------------------------------------

ACTIVATIONS = ("tanh", "sigmoid", "relu", "leaky_relu")


def draw_activation(rng: np.random.Generator, *, N: int, H: int) -> dict[str, Value]:
    """Sums of which some are large; `name` is the one whose slope is most easily of the wrong type."""
    return {"z": 2 * rng.standard_normal((N, H)), "name": "relu"}


def _slopes(exercise: Exercise, player: Player, z: Array, where: str = "") -> Iterator[Observation]:
    """The slope of every activation at the same places."""
    for name in ACTIVATIONS:
        value = player.call(exercise.name, {"z": z, "name": name})
        yield from results(exercise, value, where=f" of {name}{where}")


@special("values", "the slope of every activation is right", weight=4)
def all_slopes(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """On both sides of zero."""
    yield from _slopes(exercise, player, exercise.draw(rng, N=3, H=5)["z"])


@special("shapes", "z may have any number of axes")
def any_shape(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One number in a row, one axis, three axes."""
    for shape in ((1,), (4,), (2, 3, 4)):
        words = f" for z of shape {shape}"
        yield from _slopes(exercise, player, 2 * rng.standard_normal(shape), words)


@special("kink", "at zero each activation has the slope that the contract says")
def kink(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Where the two ReLUs have no slope by themselves."""
    yield from _slopes(exercise, player, np.array([-1.0, 0.0, 1.0]), " at -1, 0, 1")


@special("stable", "large arguments give finite, right numbers")
def far_out(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Far out on both sides."""
    z = np.array([1.0, 30.0, 1e3, 1e5])
    yield from _slopes(exercise, player, np.concatenate([-z, z]), " far from 0")


activation_gradient = Exercise(
    "activation_gradient",
    points=4,
    draw=draw_activation,
    returns=("slope",),
    criteria=(
        all_slopes,
        any_shape,
        kink,
        far_out,
        *contract(N=2, H=3),
        refuses({"name that nobody knows": {"name": "softsign"}}, N=2, H=3),
    ),
    rule=numpy_only,
)

# Products of Jacobians -------------------------------------------------------------------------------------------


def draw_states(rng: np.random.Generator, *, N: int, T: int, H: int, scale: float = 1.0) -> dict[str, Value]:
    """States as a tanh leaves them, and weights; `scale` is for the weights alone.

    Where a state is very near to 1, its slope has few digits, and two right formulas differ.
    """
    h = np.tanh(0.5 * rng.standard_normal((N, T, H)))
    return {"h": h, "Wh": scale * rng.standard_normal((H, H)) / float(np.sqrt(H))}


@special("saturated", "what passes a unit at 1 or -1 is nothing")
def saturated(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One unit at a time in one sequence; in the other all at once, and nothing passes that step."""
    drawn = exercise.draw(rng, N=2, T=6, H=4)
    drawn["h"][0, [2, 3, 4], [1, 3, 0]] = 1.0, -1.0, 1.0
    drawn["h"][1, 3] = -1.0
    yield from results(exercise, player.call(exercise.name, drawn))


@special("ones", "a single step, a single sequence, a single unit")
def shortest(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """One step has nothing to multiply; three of one unit multiply numbers."""
    for T, H in ((1, 3), (3, 1)):
        value = player.call(exercise.name, exercise.draw(rng, N=1, T=T, H=H))
        yield from results(exercise, value, where=f" for T={T}, H={H}")


jacobian_norms = Exercise(
    "jacobian_norms",
    points=6,
    draw=draw_states,
    returns=("norms",),
    criteria=(
        values(N=2, T=6, H=4),
        square(N=4, T=4, H=4),
        shortest,
        long(N=2, T=26, H=3),
        saturated,
        stable(1e-3, 30, 1e3, 1e5, N=2, T=4, H=3),
        *contract(N=2, T=4, H=3),
        refuses(
            {
                "Wh that is not square": {"Wh": np.full((3, 4), 0.5)},
                "Wh of another size": {"Wh": np.full((4, 4), 0.5)},
                "h without steps": {"h": np.zeros((2, 0, 3))},
            },
            N=2,
            T=4,
            H=3,
        ),
    ),
    rule=numpy_only,
)

# Where to begin --------------------------------------------------------------------------------------------------


def draw_matrix(rng: np.random.Generator, *, D: int, H: int, scale: float = 1.0) -> dict[str, Value]:
    """A matrix and the norm that it is to have."""
    return {"W": scale * rng.standard_normal((D, H)), "sigma": float(rng.uniform(0.5, 1.5))}


@special("shapes", "a single row, a single column, a matrix of rank one: all have a largest singular value")
def thin(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Matrices that have no eigenvalues, and one that has no inverse."""
    for D, H in ((1, 6), (6, 1), (2, 7)):
        value = player.call(exercise.name, exercise.draw(rng, D=D, H=H))
        yield from results(exercise, value, where=f" for a W of shape {(D, H)}")
    drawn = exercise.draw(rng, D=4, H=4)
    drawn["W"] = np.outer(drawn["W"][0], drawn["W"][:, 1])
    yield from results(exercise, player.call(exercise.name, drawn), where=" for a W of rank one")


scale_spectral_norm = Exercise(
    "scale_spectral_norm",
    points=3,
    draw=draw_matrix,
    returns=("W",),
    criteria=(
        values(D=6, H=4),
        square(D=5, H=5),
        ones(D=1, H=1),
        thin,
        stable(1e-5, 30, 1e3, 1e5, D=4, H=5),
        *contract(D=3, H=4),
        refuses(
            {
                "W of zeros": {"W": np.zeros((3, 4))},
                "sigma of zero": {"sigma": 0.0},
                "sigma below zero": {"sigma": -1.0},
            },
            D=3,
            H=4,
        ),
    ),
    rule=numpy_only,
)


def draw_shape(rng: np.random.Generator, *, D: int, H: int) -> dict[str, Value]:
    """A shape, and a generator of its own."""
    return {"shape": (D, H), "rng": Seeded(int(rng.integers(2**32)))}


def gram(Q: Value, shape: tuple[int, int]) -> Array:
    """The products of all columns with each other, or of all rows where there are fewer; nan for no such matrix."""
    if not isinstance(Q, np.ndarray) or Q.shape != shape or Q.dtype.kind not in "fiu":
        return np.full((1, 1), np.nan)
    tall = Q if shape[0] >= shape[1] else Q.T
    with np.errstate(all="ignore"):
        product: Array = tall.T @ tall
    return product


def _orthonormal(
    exercise: Exercise, player: Player, rng: np.random.Generator, *shapes: tuple[int, int]
) -> Iterator[Observation]:
    """The form of Q, and what its columns or rows make of each other."""
    for D, H in shapes:
        where = f" for the shape {(D, H)}"
        Q = player.call(exercise.name, exercise.draw(rng, D=D, H=H))
        for seen in results(exercise, Q, where=where):
            yield Observation(seen.label, blank(seen.value), how="form", complaint=seen.complaint)
        told = f"Its {'columns' if D >= H else 'rows'} are not orthonormal{where}."
        yield Observation("products" + where, gram(Q, (D, H)), complaint=told)


def blank(value: Value) -> Value:
    """An array of the same form without the numbers, where only the form is compared: chance made them."""
    return np.zeros_like(value) if isinstance(value, np.ndarray) else value


@special("values", "columns are orthonormal, or rows where there are fewer of them", weight=4)
def orthonormal(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Tall and wide."""
    yield from _orthonormal(exercise, player, rng, (7, 4), (4, 7), (20, 12))


@special("square", "a square one too")
def orthogonal(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The case that a recurrence needs."""
    yield from _orthonormal(exercise, player, rng, (5, 5), (12, 12))


@special("ones", "a single row, a single column, a single number")
def single(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A vector of length one."""
    yield from _orthonormal(exercise, player, rng, (1, 1), (1, 6), (6, 1))


@special("uniform", "every sign is as likely as its opposite", weight=2, after_values=True)
def uniform(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A hundred small ones: which elements have one sign too often (+1, -1), and whether the determinant has."""
    drawn = [player.call(exercise.name, exercise.draw(rng, D=3, H=3)) for _ in range(100)]
    if not all(isinstance(Q, np.ndarray) and Q.shape == (3, 3) and Q.dtype.kind == "f" for Q in drawn):
        drawn = [np.full((3, 3), np.nan)] * 100
    told = "Some elements of Q have nearly always the same sign. What decided the signs? It was not chance."
    Q = np.stack(drawn).astype(float)
    yield Observation("signs", _leaning(Q), complaint=told)
    with np.errstate(all="ignore"):
        determinants = np.linalg.det(Q)
    told = "Reflections and turns do not come equally often."
    yield Observation("reflections", _leaning(determinants), complaint=told)


def _leaning(numbers: Array) -> Array:
    """1 where a hundred numbers are positive too often, -1 where too seldom; 0 for what is left to chance.

    Of a hundred fair coins 78 or more, or 22 or less, show heads three times in a hundred million.
    """
    positive: Array = (numbers > 0).sum(axis=0)
    leaning: Array = (positive >= 78) * 1 - (positive <= 22) * 1
    return leaning


orthogonal_init = Exercise(
    "orthogonal_init",
    points=5,
    draw=draw_shape,
    returns=("Q",),
    criteria=(
        orthonormal,
        orthogonal,
        single,
        uniform,
        generator(D=4, H=3),
        dtype(D=4, H=3),
        refuses(
            {
                "shape with one size": {"shape": (3,)},
                "shape with three sizes": {"shape": (3, 2, 2)},
                "shape with a zero": {"shape": (0, 3)},
                "shape with a size below zero": {"shape": (3, -1)},
            },
            D=4,
            H=3,
        ),
    ),
    rule=numpy_only,
)


def draw_identity(rng: np.random.Generator, *, D: int, H: int, scale: float = 0.5) -> dict[str, Value]:
    """Sizes, a generator, and what stands on the diagonal."""
    return {"D": D, "H": H, "rng": Seeded(int(rng.integers(2**32))), "scale": scale}


def _beginning(
    exercise: Exercise, player: Player, drawn: dict[str, Value], where: str = ""
) -> Iterator[Observation]:
    """Wh and b by value, Wx by its form; then how wide its numbers are, and how they are spread."""
    Wx: Value = None
    for seen in results(exercise, player.call(exercise.name, drawn), where=where):
        if seen.label == "Wx" + where:
            Wx = seen.value
            yield Observation(seen.label, blank(Wx), how="form")
        else:
            yield seen
    if drawn["D"] * drawn["H"] >= 8000:  # then the shares below are off by 0.01 or so
        real = isinstance(Wx, np.ndarray) and Wx.dtype.kind == "f" and Wx.size
        with np.errstate(all="ignore"):
            numbers = Wx / 0.001 if real else np.array(np.nan)
            width, middle = np.log(numbers.std()), numbers.mean() / numbers.std()
        told = "The standard deviation of Wx is not 0.001."
        yield Observation("log of the width", width, how="share", complaint=told)
        told = "The numbers of Wx do not lie around zero."
        yield Observation("middle", middle, how="share", complaint=told)
        told = "The numbers of Wx are not normally distributed."
        within = (np.abs(numbers) < np.exp(width)).mean()
        yield Observation("share within one width", within, how="share", complaint=told)


@special("values", "Wh, b and the spread of Wx are right", weight=4)
def beginning(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Many numbers in Wx, so that their spread can be seen."""
    yield from _beginning(exercise, player, exercise.draw(rng, D=400, H=20, scale=0.5))


@special("square", "the shapes are right when sizes coincide")
def same_sizes(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """As many inputs as units."""
    yield from _beginning(exercise, player, exercise.draw(rng, D=4, H=4, scale=2.0))


@special("ones", "one input, one unit")
def one_unit(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """The smallest network, and one with a single input."""
    for D, H in ((1, 1), (1, 3), (3, 1)):
        yield from _beginning(exercise, player, exercise.draw(rng, D=D, H=H), where=f" for D={D}, H={H}")


@special("defaults", "who gives no scale gets the identity")
def unscaled(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Called with three arguments."""
    drawn = exercise.draw(rng, D=3, H=4)
    del drawn["scale"]
    yield from _beginning(exercise, player, drawn)


identity_init = Exercise(
    "identity_init",
    points=3,
    draw=draw_identity,
    returns=("Wx", "Wh", "b"),
    criteria=(beginning, same_sizes, one_unit, unscaled, generator(D=4, H=3), dtype(D=4, H=3)),
    rule=numpy_only,
)

# Clipping --------------------------------------------------------------------------------------------------------


def draw_gradients(
    rng: np.random.Generator, *, D: int, H: int, share: float = 0.4, scale: float = 1.0
) -> dict[str, Value]:
    """Gradients of a network, as long as in an explosion, and a threshold that is this share of their norm."""
    grads = {
        "Wx": rng.standard_normal((D, H)),
        "Wh": rng.standard_normal((H, H)),
        "b": rng.standard_normal(H),
    }
    grads = {name: 1e4 * scale * gradient for name, gradient in grads.items()}
    norm = np.sqrt(sum((gradient**2).sum() for gradient in grads.values()))
    return {"grads": grads, "max_norm": float(share * norm)}


@special("below", "below the threshold, and right on it, nothing changes, to the last bit", weight=2)
def below(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Just below, far below, and gradients whose norm is exactly the threshold."""
    cases = {
        "just below": exercise.draw(rng, D=2, H=3, share=1.01),
        "far below": exercise.draw(rng, D=2, H=3, share=1000),
        "on it": {"grads": {"w": np.array([[3.0, 0.0]]), "b": np.array([-4.0])}, "max_norm": 5.0},
    }
    for words, drawn in cases.items():
        value = player.call(exercise.name, drawn)
        yield from results(exercise, value, where=f" ({words} the threshold)")
        grads = value[0] if isinstance(value, tuple | list) and value else None
        same = isinstance(grads, dict) and encode(sorted(grads.items())) == encode(
            sorted(drawn["grads"].items())
        )
        told = f"The norm is {words} the threshold, and the gradients changed all the same, if only in the last digit."
        yield Observation(f"untouched ({words})", same, complaint=told)


@special("small", "gradients that are tiny are clipped as exactly as large ones", after_values=True)
def tiny(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Something small that is added to the norm is no longer small here."""
    yield from results(exercise, player.call(exercise.name, exercise.draw(rng, D=2, H=3, scale=1e-10)))


@special("zero", "gradients of zero stay zero", after_values=True)
def nothing_to_clip(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A norm of zero, by which nothing can be divided."""
    drawn = exercise.draw(rng, D=2, H=3)
    drawn["grads"] = {name: np.zeros_like(gradient) for name, gradient in drawn["grads"].items()}
    yield from results(exercise, player.call(exercise.name, drawn))


@special("ones", "a single array will do, of any number of axes")
def one_array(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Other names than usual."""
    for shape in ((1,), (2, 3, 4)):
        drawn = {"grads": {"theta": 1e4 * rng.standard_normal(shape)}, "max_norm": 10.0}
        yield from results(
            exercise, player.call(exercise.name, drawn), where=f" for an array of shape {shape}"
        )


_BROKEN = {"Wx": np.ones((2, 3)), "Wh": np.ones((3, 3)), "b": np.ones(3)}

clip_grad_norm = Exercise(
    "clip_grad_norm",
    points=5,
    draw=draw_gradients,
    returns=("grads", "norm"),
    criteria=(
        values(D=2, H=3),
        square(D=4, H=4),
        one_array,
        below,
        tiny,
        nothing_to_clip,
        stable(30, 1e3, 1e5, D=2, H=3),
        *contract(D=2, H=3),
        refuses(
            {
                "max_norm of zero": {"max_norm": 0.0},
                "max_norm below zero": {"max_norm": -1.0},
                "Wh with a nan": {"grads": _BROKEN | {"Wh": np.diag([1.0, np.nan, 1.0])}},
                "b with an infinity": {"grads": _BROKEN | {"b": np.array([0.0, -np.inf, 1.0])}},
            },
            D=2,
            H=3,
        ),
    ),
    rule=numpy_only,
)

# Steps -----------------------------------------------------------------------------------------------------------


def draw_rmsprop(rng: np.random.Generator, *, D: int, H: int, scale: float = 1.0) -> dict[str, Value]:
    """In the middle of learning; eps is too small to be seen, and has criteria of its own."""
    w, dw, v = rng.standard_normal((3, D, H))
    return {"w": w, "dw": scale * dw, "v": (scale * v) ** 2, "lr": 0.05, "rho": 0.9, "eps": 1e-15}


def draw_adam(
    rng: np.random.Generator, *, D: int, H: int, t: int = 3, scale: float = 1.0
) -> dict[str, Value]:
    """In the middle of learning; eps is too small to be seen, and has criteria of its own."""
    w, dw, m, v = rng.standard_normal((4, D, H))
    state = {"w": w, "dw": scale * dw, "m": scale * m, "v": (scale * v) ** 2}
    return {**state, "t": t, "lr": 0.05, "beta1": 0.8, "beta2": 0.95, "eps": 1e-15}


def _goes_on(value: Value, count: int, shape: tuple[int, ...]) -> bool:
    """Whether another step can begin with what a step returned."""
    return (
        isinstance(value, tuple | list)
        and len(value) == count
        and all(isinstance(part, np.ndarray) and part.shape == shape for part in value)
    )


@special("long", "thirty steps in a row arrive at the right place", weight=2)
def in_a_row(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """From rest, with other gradients at each step, each from where the one before ended; seen is the last."""
    drawn = exercise.draw(rng, D=2, H=3)
    arguments = drawn | {name: np.zeros((2, 3)) for name in exercise.returns if name != "w"}
    for t in range(1, 31):
        arguments["dw"] = drawn["dw"] * rng.standard_normal((2, 3))
        if "t" in arguments:
            arguments["t"] = t
        value = player.call(exercise.name, arguments)
        if t == 30 or not _goes_on(value, len(exercise.returns), (2, 3)):
            yield from results(exercise, value, where=f" after {t} steps")
            return
        arguments |= zip(exercise.returns, value, strict=True)


@special("eps", "eps stands where the equation has it")
def outside_the_root(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """An eps that is large enough to be seen."""
    drawn = exercise.draw(rng, D=2, H=3) | {"eps": 0.01}
    yield from results(exercise, player.call(exercise.name, drawn))


@special("defaults", "who gives only lr gets the usual numbers")
def usual(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Large gradients, and some as small as the usual eps."""
    for scale in (1e3, 1e-7):
        drawn = exercise.draw(rng, D=2, H=3, scale=scale)
        drawn = {name: value for name, value in drawn.items() if name not in ("rho", "beta1", "beta2", "eps")}
        value = player.call(exercise.name, drawn)
        yield from results(exercise, value, where=f" (gradients times {scale:g})")


@special("rest", "where no gradient ever was, nothing moves", after_values=True)
def at_rest(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Zero by zero, if eps were not there."""
    drawn = exercise.draw(rng, D=2, H=3)
    drawn |= {name: np.zeros_like(drawn["w"]) for name in ("dw", *exercise.returns) if name != "w"}
    yield from results(exercise, player.call(exercise.name, drawn))


@special("shapes", "w may have any number of axes")
def any_parameter(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A bias, a stack of matrices."""
    for shape in ((4,), (2, 3, 2)):
        drawn = exercise.draw(rng, D=shape[0], H=int(np.prod(shape[1:])))
        folded = {k: v.reshape(shape) if isinstance(v, np.ndarray) else v for k, v in drawn.items()}
        value = player.call(exercise.name, folded)
        yield from results(exercise, value, where=f" for w of shape {shape}")


_ON_STEPS = (
    values(D=3, H=4),
    square(D=4, H=4),
    ones(D=1, H=1),
    any_parameter,
    in_a_row,
    outside_the_root,
    usual,
    at_rest,
    stable(30, 1e3, 1e5, D=2, H=3),
    *contract(D=2, H=3),
)

rmsprop_step = Exercise(
    "rmsprop_step", points=4, draw=draw_rmsprop, returns=("w", "v"), criteria=_ON_STEPS, rule=numpy_only
)


@special("first", "the first step, and one after very many")
def first_and_last(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """Where the correction is largest, and where nothing is left of it."""
    for t in (1, 100_000):
        value = player.call(exercise.name, exercise.draw(rng, D=2, H=3, t=t))
        yield from results(exercise, value, where=f" at t = {t}")


adam_step = Exercise(
    "adam_step",
    points=6,
    draw=draw_adam,
    returns=("w", "m", "v"),
    criteria=(
        *_ON_STEPS,
        first_and_last,
        refuses({"t of zero": {"t": 0}, "t below zero": {"t": -1}}, D=2, H=3),
    ),
    rule=numpy_only,
)

# Shortcuts and stacks --------------------------------------------------------------------------------------------

residual_rnn_forward = Exercise(
    "residual_rnn_forward",
    points=4,
    draw=inputs(x=Reals("N T D"), h0=Reals("N H"), Wx=Reals("D H"), Wh=Reals("H H"), b=Reals("H")),
    returns=("h",),
    criteria=(
        values(N=2, T=3, D=4, H=5),
        square(N=4, T=4, D=4, H=4),
        ones(N=1, T=1, D=2, H=3),
        long(N=2, T=26, D=3, H=4),
        stable(30, 1e3, 1e5, N=2, T=3, D=4, H=5),
        *contract(N=2, T=3, D=4, H=5),
        refuses(
            {
                "x without steps": {"x": np.zeros((2, 0, 4))},
                "Wh that is not square": {"Wh": np.full((5, 4), 0.5)},
                "Wh of another size": {"Wh": np.full((4, 4), 0.5)},
            },
            N=2,
            T=3,
            D=4,
            H=5,
        ),
        single_precision(N=2, T=3, D=4, H=5),
    ),
    rule=numpy_only,
)


def draw_layers(
    rng: np.random.Generator, *, N: int, T: int, D: int, H: int, L: int, scale: float = 1.0
) -> dict[str, Value]:
    """A sequence, and a network of L layers."""

    def reals(*shape: int) -> Array:
        return scale * 0.5 * rng.standard_normal(shape)

    layers = [{"Wx": reals(D if k == 0 else H, H), "Wh": reals(H, H), "b": reals(H)} for k in range(L)]
    return {"x": reals(N, T, D), "h0": reals(L, N, H), "layers": layers}


@special("layers", "one layer, and four")
def heights(exercise: Exercise, player: Player, rng: np.random.Generator) -> Iterator[Observation]:
    """A stack of one is a network as before."""
    for L in (1, 4):
        value = player.call(exercise.name, exercise.draw(rng, N=2, T=3, D=4, H=5, L=L))
        yield from results(exercise, value, where=f" for {L} layer{'s' if L > 1 else ''}")


stacked_rnn_forward = Exercise(
    "stacked_rnn_forward",
    points=6,
    draw=draw_layers,
    returns=("h", "last"),
    criteria=(
        values(N=2, T=4, D=5, H=6, L=3),
        square(N=4, T=4, D=4, H=4, L=4),
        ones(N=1, T=1, D=2, H=3, L=2),
        long(N=2, T=26, D=3, H=4, L=2),
        heights,
        stable(30, 1e3, 1e5, N=2, T=3, D=4, H=5, L=2),
        *contract(N=2, T=3, D=4, H=5, L=2),
        refuses(
            {
                "x without steps": {"x": np.zeros((2, 0, 4))},
                "layers of which there are none": {"layers": [], "h0": np.zeros((0, 2, 5))},
                "layers fewer than h0 has": {"h0": np.zeros((3, 2, 5))},
                "layers more than h0 has": {"h0": np.zeros((1, 2, 5))},
            },
            N=2,
            T=3,
            D=4,
            H=5,
            L=2,
        ),
    ),
    rule=numpy_only,
)

EXERCISES = (
    activation_gradient,
    jacobian_norms,
    scale_spectral_norm,
    orthogonal_init,
    identity_init,
    clip_grad_norm,
    rmsprop_step,
    adam_step,
    residual_rnn_forward,
    stacked_rnn_forward,
)
