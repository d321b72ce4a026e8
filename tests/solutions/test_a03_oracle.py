"""PyTorch, a decomposition or a closed form answers the same as every function of assignment 3."""

import numpy as np
import pytest
import torch
from torch.nn import functional

N, T, D, H = 3, 7, 4, 5


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def assert_same(ours, theirs, rtol=1e-9):
    theirs = theirs.detach().numpy()
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours, theirs, rtol=rtol, atol=1e-12, strict=True)


# Slopes ----------------------------------------------------------------------------------------------------------

TORCH = {
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": functional.relu,
    "leaky_relu": lambda z: functional.leaky_relu(z, 0.01),
}


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("scale", [1, 30, 1e3, 1e5])
def test_activation_gradient(a03, rng, name, scale):
    z = scale * rng.standard_normal((N, T))
    z[0, 0] = 0
    leaf = torch.from_numpy(z).requires_grad_()
    TORCH[name](leaf).sum().backward()
    assert_same(a03.activation_gradient(z, name), leaf.grad)


def test_the_steepest_slopes_are_one_and_a_quarter(a03):
    z = np.linspace(-8, 8, 1001)
    assert a03.activation_gradient(z, "tanh").max() == 1
    assert a03.activation_gradient(z, "sigmoid").max() == 0.25


# Products of Jacobians -------------------------------------------------------------------------------------------


def test_jacobian_norms(a03, rng):
    """Against the derivative of the recurrence itself, which autograd takes from each earlier state to the last."""
    x, Wx, b = (torch.from_numpy(rng.standard_normal(shape)) for shape in ((T, D), (D, H), (H,)))
    Wh = torch.from_numpy(0.7 * rng.standard_normal((H, H)))
    states = [torch.zeros(H, dtype=torch.float64)]
    for step in x:
        states.append(torch.tanh(step @ Wx + states[-1] @ Wh + b))

    def last_from(k):
        def run(h):
            for step in x[T - k :]:
                h = torch.tanh(step @ Wx + h @ Wh + b)
            return h

        return torch.autograd.functional.jacobian(run, states[T - k])

    due = torch.stack([torch.linalg.svdvals(last_from(k))[0] for k in range(T)])
    assert_same(a03.jacobian_norms(torch.stack(states[1:]).numpy()[None], Wh.numpy()), due[None])


def test_without_slopes_the_norms_are_those_of_powers(a03, rng):
    Wh = rng.standard_normal((H, H))
    due = [np.linalg.svd(np.linalg.matrix_power(Wh, k), compute_uv=False)[0] for k in range(T)]
    np.testing.assert_allclose(a03.jacobian_norms(np.zeros((1, T, H)), Wh), [due], rtol=1e-9)


def test_below_one_everything_vanishes_at_least_as_fast_as_the_bound(a03, rng):
    h = np.tanh(rng.standard_normal((N, 40, H)))
    Wh = a03.scale_spectral_norm(rng.standard_normal((H, H)), 0.9)
    assert (a03.jacobian_norms(h, Wh) <= 0.9 ** np.arange(40) * (1 + 1e-12)).all()


# Where to begin --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (8, 3), (1, 6), (6, 1)])
@pytest.mark.parametrize("sigma", [0.3, 1.0, 1.7])
def test_scale_spectral_norm(a03, rng, shape, sigma):
    W = rng.standard_normal(shape)
    scaled = a03.scale_spectral_norm(W, sigma)
    assert torch.linalg.matrix_norm(torch.from_numpy(scaled), 2).item() == pytest.approx(sigma, rel=1e-9)
    ratio = scaled / W
    np.testing.assert_allclose(ratio, np.full(shape, ratio[0, 0]), rtol=1e-9)
    assert ratio[0, 0] > 0


@pytest.mark.parametrize("shape", [(5, 5), (3, 8), (8, 3), (1, 6), (6, 1), (1, 1)])
def test_orthogonal_init_has_singular_values_of_one(a03, rng, shape):
    Q = a03.orthogonal_init(shape, rng)
    assert (Q.shape, Q.dtype) == (shape, np.float64)
    np.testing.assert_allclose(np.linalg.svd(Q, compute_uv=False), np.ones(min(shape)), rtol=1e-9)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
def test_orthogonal_init_prefers_no_matrix(a03, rng, shape):
    """The moments of the uniform distribution (Mezzadri, 2007): mean 0, square 1/n, fourth power 3/(n(n + 2))."""
    n, draws = max(shape), 4000
    drawn = np.stack([a03.orthogonal_init(shape, rng) for _ in range(draws)])
    # Five standard errors each.
    np.testing.assert_allclose(drawn.mean(axis=0), np.zeros(shape), atol=5 * np.sqrt(1 / n / draws))
    np.testing.assert_allclose((drawn**2).mean(axis=0), np.full(shape, 1 / n), atol=5 * 0.31 / np.sqrt(draws))
    fourth = np.full(shape, 3 / n / (n + 2))
    np.testing.assert_allclose((drawn**4).mean(axis=0), fourth, atol=5 * 0.27 / np.sqrt(draws))


def test_the_decomposition_alone_does_prefer_some(rng):
    """What the exercise says of `np.linalg.qr`."""
    corners = [np.linalg.qr(rng.standard_normal((3, 3)))[0][0, 0] for _ in range(100)]
    assert max(corners) <= 0


def test_identity_init_copies_its_state(a03, rng):
    Wx, Wh, b = a03.identity_init(D, H, rng)
    h = rng.uniform(0, 1, (N, H))
    np.testing.assert_array_equal(np.maximum(np.zeros((N, D)) @ Wx + h @ Wh + b, 0), h)


def test_identity_init_whispers_normal_numbers(a03, rng):
    """The shares of a normal distribution, from its error function."""
    Wx, _, _ = a03.identity_init(100, 200, rng, scale=0.5)
    edges = 0.001 * np.linspace(-2, 2, 9)
    due = torch.special.ndtr(torch.linspace(-2, 2, 9, dtype=torch.float64)).numpy()
    np.testing.assert_allclose([(Wx < edge).mean() for edge in edges], due, atol=5 * 0.5 / np.sqrt(Wx.size))


# Steps -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.1, 0.9, 1.1, 1000])
def test_clip_grad_norm(a03, rng, share):
    """PyTorch adds 1e-6 to the norm before it divides; for gradients this long that is lost in the ninth digit."""
    grads = {"Wx": 1e6 * rng.standard_normal((D, H)), "b": 1e6 * rng.standard_normal(H)}
    theirs = {
        name: torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for name, g in grads.items()
    }
    for name, parameter in theirs.items():
        parameter.grad = torch.from_numpy(grads[name].copy())
    max_norm = share * np.linalg.norm(np.concatenate([g.ravel() for g in grads.values()]))
    due = torch.nn.utils.clip_grad_norm_(theirs.values(), max_norm)
    clipped, norm = a03.clip_grad_norm(grads, max_norm)
    assert norm == pytest.approx(due.item(), rel=1e-9)
    for name, parameter in theirs.items():
        assert_same(clipped[name], parameter.grad)


@pytest.mark.parametrize("settings", [{}, {"rho": 0.9, "eps": 0.01}])
def test_rmsprop_step(a03, rng, settings):
    named = {{"rho": "alpha"}.get(name, name): value for name, value in settings.items()}
    w = rng.standard_normal((D, H))
    v, theirs = np.zeros_like(w), torch.tensor(w, requires_grad=True)
    optimizer = torch.optim.RMSprop([theirs], lr=0.01, **named)
    for dw in gradients(rng):
        theirs.grad = torch.from_numpy(dw)
        optimizer.step()
        w, v = a03.rmsprop_step(w, dw, v, 0.01, **settings)
    assert_same(w, theirs)
    assert_same(v, optimizer.state[theirs]["square_avg"])


@pytest.mark.parametrize("settings", [{}, {"beta1": 0.8, "beta2": 0.95, "eps": 0.01}])
def test_adam_step(a03, rng, settings):
    named = {"betas": (settings["beta1"], settings["beta2"]), "eps": settings["eps"]} if settings else {}
    w = rng.standard_normal((D, H))
    m, v, theirs = np.zeros_like(w), np.zeros_like(w), torch.tensor(w, requires_grad=True)
    optimizer = torch.optim.Adam([theirs], lr=0.01, **named)
    for t, dw in enumerate(gradients(rng), start=1):
        theirs.grad = torch.from_numpy(dw)
        optimizer.step()
        w, m, v = a03.adam_step(w, dw, m, v, t, 0.01, **settings)
    assert_same(w, theirs)
    assert_same(m, optimizer.state[theirs]["exp_avg"])
    assert_same(v, optimizer.state[theirs]["exp_avg_sq"])


def gradients(rng, steps=200):
    """A stream of gradients of very different lengths; one element never has any."""
    stream = rng.standard_normal((steps, D, H)) * 10.0 ** rng.integers(-3, 3, size=(steps, 1, 1))
    stream[:, 0, 0] = 0
    return stream


# Shortcuts and stacks --------------------------------------------------------------------------------------------


def layers_of(rng, L):
    return [
        {
            "Wx": rng.standard_normal((H if k else D, H)),
            "Wh": rng.standard_normal((H, H)),
            "b": rng.standard_normal(H),
        }
        for k in range(L)
    ]


@pytest.mark.parametrize("L", [1, 2, 4])
@pytest.mark.parametrize("steps", [1, T, 40])
def test_stacked_rnn_forward(a03, rng, L, steps):
    layers = layers_of(rng, L)
    network = torch.nn.RNN(D, H, num_layers=L, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for k, layer in enumerate(layers):
            getattr(network, f"weight_ih_l{k}").copy_(torch.from_numpy(layer["Wx"].T))
            getattr(network, f"weight_hh_l{k}").copy_(torch.from_numpy(layer["Wh"].T))
            getattr(network, f"bias_ih_l{k}").copy_(torch.from_numpy(layer["b"]))
            getattr(network, f"bias_hh_l{k}").zero_()
    x, h0 = rng.standard_normal((N, steps, D)), rng.standard_normal((L, N, H))
    due, due_last = network(torch.from_numpy(x), torch.from_numpy(h0))
    h, last = a03.stacked_rnn_forward(x, h0, layers)
    assert_same(h, due)
    assert_same(last, due_last)


@pytest.mark.parametrize("steps", [1, T, 40])
def test_residual_rnn_forward(a03, rng, steps):
    """PyTorch's cell, with the state added outside of it."""
    Wx, Wh, b = (0.5 * weights for weights in layers_of(rng, 1)[0].values())
    cell = torch.nn.RNNCell(D, H, dtype=torch.float64)
    with torch.no_grad():
        for parameter, ours in zip(cell.parameters(), (Wx.T, Wh.T, b, np.zeros(H)), strict=True):
            parameter.copy_(torch.from_numpy(ours))
    x, h0 = rng.standard_normal((N, steps, D)), rng.standard_normal((N, H))
    state, due = torch.from_numpy(h0), []
    for t in range(steps):
        state = state + cell(torch.from_numpy(x[:, t]), state)
        due.append(state)
    assert_same(a03.residual_rnn_forward(x, h0, Wx, Wh, b), torch.stack(due, dim=1))


def test_the_jacobian_of_a_residual_step_is_the_identity_plus_the_ordinary_one(a03, rng):
    Wx, Wh, b = layers_of(rng, 1)[0].values()
    x, h0 = rng.standard_normal((1, 1, D)), rng.standard_normal((1, H))
    nudges = 1e-6 * np.eye(H)

    def after(start):
        return a03.residual_rnn_forward(np.repeat(x, H, axis=0), start, Wx, Wh, b)[:, 0]

    measured = (after(h0 + nudges) - after(h0 - nudges)) / 2e-6
    slope = a03.activation_gradient(x[0] @ Wx + h0 @ Wh + b, "tanh")
    np.testing.assert_allclose(measured, np.eye(H) + Wh * slope, atol=1e-8)


# What makes no sense ---------------------------------------------------------------------------------------------

X, START, LAYER = (
    np.zeros((N, T, D)),
    np.zeros((2, N, H)),
    {"Wx": np.zeros((D, H)), "Wh": np.eye(H), "b": np.zeros(H)},
)
BOTH = [LAYER, LAYER | {"Wx": np.zeros((H, H))}]
SQUARE = np.eye(3)
REFUSED = [
    ("activation_gradient", (SQUARE, "gelu"), "name"),
    ("activation_gradient", (SQUARE, ""), "name"),
    ("jacobian_norms", (np.zeros((N, T, H)), np.zeros((H, H + 1))), "Wh"),
    ("jacobian_norms", (np.zeros((N, T, H)), np.zeros((H + 1, H + 1))), "Wh"),
    ("jacobian_norms", (np.zeros((N, T, H)), np.zeros(H)), "Wh"),
    ("jacobian_norms", (np.zeros((N, 0, H)), np.eye(H)), "h has"),
    ("scale_spectral_norm", (np.zeros((2, 3)), 1.0), "W is"),
    ("scale_spectral_norm", (SQUARE, 0.0), "sigma"),
    ("scale_spectral_norm", (SQUARE, -2.0), "sigma"),
    ("scale_spectral_norm", (SQUARE, np.nan), "sigma"),
    ("orthogonal_init", ((3,), None), "shape"),
    ("orthogonal_init", ((), None), "shape"),
    ("orthogonal_init", ((3, 3, 3), None), "shape"),
    ("orthogonal_init", ((0, 3), None), "shape"),
    ("orthogonal_init", ((3, -1), None), "shape"),
    ("clip_grad_norm", ({"b": np.ones(2)}, 0.0), "max_norm"),
    ("clip_grad_norm", ({"b": np.ones(2)}, -1.0), "max_norm"),
    ("clip_grad_norm", ({"b": np.ones(2)}, np.nan), "max_norm"),
    ("clip_grad_norm", ({"Wx": np.ones(2), "Wh": np.array([1, np.nan])}, 1.0), "Wh"),
    ("clip_grad_norm", ({"Wx": np.array([-np.inf]), "Wh": np.ones(2)}, 1.0), "Wx"),
    ("adam_step", (SQUARE, SQUARE, SQUARE, SQUARE, 0, 0.1), "t is"),
    ("adam_step", (SQUARE, SQUARE, SQUARE, SQUARE, -3, 0.1), "t is"),
    ("residual_rnn_forward", (X[:, :0], START[0], *LAYER.values()), "x has"),
    ("residual_rnn_forward", (X, START[0], LAYER["Wx"], np.zeros((H, D)), LAYER["b"]), "Wh"),
    ("stacked_rnn_forward", (X[:, :0], START, BOTH), "x has"),
    ("stacked_rnn_forward", (X, START[:0], []), "layers"),
    ("stacked_rnn_forward", (X, START, BOTH[:1]), "layers"),
    ("stacked_rnn_forward", (X, START, [*BOTH, BOTH[1]]), "layers"),
]


@pytest.mark.parametrize(("name", "arguments", "blamed"), REFUSED)
def test_what_makes_no_sense_is_refused_by_name(a03, name, arguments, blamed):
    with pytest.raises(ValueError, match=blamed):
        getattr(a03, name)(*arguments)
