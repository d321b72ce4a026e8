from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.load_profile("ci")  # the same values each time, and no deadline for one: the machine may be busy


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The tests neither read nor write the user's own cache."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
