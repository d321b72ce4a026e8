"""The rule of an exercise reads the source that it reaches, and no other."""

from __future__ import annotations

import time

import pytest

from rnn_autograder.rules import forbids, numpy_only


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ndef f(x): return torch.tanh(x)",
        "import torch as t\ndef f(x): return t.tanh(x)",
        "import torch.nn.functional as F\ndef f(x): return F.relu(x)",
        "from torch.nn import RNN\ndef f(x): return RNN(1, 1)(x)",
        "def f(x):\n    import torch\n    return torch.tanh(x)",
        "def f(x):\n    from torch import tanh\n    return tanh(x)",
        "import torch\ndef g(x): return torch.tanh(x)\ndef f(x): return g(x)",
        "import torch\nact = torch.tanh\ndef f(x): return act(x)",
        "import torch\nf = lambda x: torch.tanh(x)",
        "import torch\nclass G:\n    def go(self, x): return torch.tanh(x)\ndef f(x): return G().go(x)",
        "%matplotlib inline\nimport torch\ndef f(x): return torch.tanh(x)",
        "this is not python\n\n\0\nimport torch\n\n\0\ndef f(x): return torch.tanh(x)",
        "def f(x): return __import__('torch').tanh(x)",
        "import importlib\ndef f(x): return importlib.import_module('torch.nn.functional').relu(x)",
        "import torch as T\ndef f(x):\n    global T\n    T = T\n    return T.tanh(x)",
        "import jax.numpy as jnp\ndef f(x): return jnp.tanh(x)",
    ],
)
def test_a_library_that_is_reached_is_named(source):
    assert numpy_only(source, "f") is not None
    assert "NumPy alone" in str(numpy_only(source, "f"))


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nimport torch\ndef f(x): return np.tanh(x)",
        "import torch\ndef demo(x): return torch.tanh(x)\ndef f(x): return x",
        "def f(x):\n    torch = 3\n    return x * torch",
        "def f(x): return f(x - 1) if x else 0",
        "import torch as T\ndef f(x):\n    N, T, D = x.shape\n    return T",
        "import torch as D\ndef f(x, D): return x * D",
        "this is not python",
        "",
        "-" * 100_000 + "1",
        "1" + "+1" * 100_000,
    ],
)
def test_what_is_not_reached_is_nobodys_business(source):
    assert numpy_only(source, "f") is None


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ndef f(x): return torch._higher_order_ops.associative_scan(g, x, 0)",
        "from torch._higher_order_ops import associative_scan\ndef f(x): return associative_scan(g, x, 0)",
        "from torch._higher_order_ops import associative_scan as scan\ndef f(x): return scan(g, x, 0)",
        "def f(x):\n    from jax.lax import associative_scan as scan\n    return scan(g, x)",
        "import jax\ndef g(x): return jax.lax.associative_scan(max, x)\ndef f(x): return g(x)",
    ],
)
def test_what_is_forbidden_is_named_wherever_it_is_reached(source):
    assert "f uses associative_scan" in str(forbids("associative_scan")(source, "f"))


@pytest.mark.parametrize(
    "source",
    [
        "import torch\ndef f(x): return x",
        "from jax.lax import associative_scan as scan\ndef demo(x): return scan(g, x, 0)\ndef f(x): return x",
        "def f(x):\n    associative_scan = x\n    return associative_scan",
        "def f(x):\n    'Like associative_scan.'\n    return x",
    ],
)
def test_what_is_forbidden_and_not_reached_costs_nothing(source):
    assert forbids("associative_scan")(source, "f") is None


OWN = "def attend(x): return x\ndef f(x): return attend(x)"


@pytest.mark.parametrize(
    "source",
    [
        OWN,
        "from library import attend\n" + OWN,
        "import library\ndef demo(x): return library.attend(x)\n" + OWN,
        "class f:\n    def attend(self, x): return x\n    def forward(self, x): return self.attend(x)",
    ],
)
def test_ones_own_function_of_a_forbidden_name_is_not_forbidden(source):
    assert forbids("attend")(source, "f") is None


@pytest.mark.parametrize(
    "source",
    [
        "import library\ndef attend(x): return library.attend(x)\ndef f(x): return attend(x)",
        "from library import attend as other\ndef attend(x): return other(x)\ndef f(x): return attend(x)",
        "def attend(x):\n    from library import attend\n    return attend(x)\ndef f(x): return attend(x)",
        "from library import attend\ndef f(x): return attend(x)",
    ],
)
def test_a_librarys_function_is_forbidden_under_ones_own_of_its_name(source):
    assert "f uses attend" in str(forbids("attend")(source, "f"))


def test_definitions_within_definitions_are_read_for_so_long_only():
    """Each is looked through with all that it holds, so that the time for them would grow with their depth."""
    deep = 90
    lines = [f"{' ' * level}def f{level}(x):" for level in range(deep)]
    lines += [f"{' ' * deep}x = [{', '.join(f'f{level}' for level in range(deep))}]"] * 2_000
    source = "\n".join(lines)
    begun = time.process_time()
    told = numpy_only(source, "f0")
    assert time.process_time() - begun < 20
    assert told == "f0 is made of too many definitions within definitions to be read."
