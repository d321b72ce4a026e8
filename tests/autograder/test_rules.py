"""The rule of an exercise reads the source that it reaches, and no other."""

from __future__ import annotations

import pytest

from rnn_autograder.rules import numpy_only


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
        "this is not python",
        "",
    ],
)
def test_what_is_not_reached_is_nobodys_business(source):
    assert numpy_only(source, "f") is None
