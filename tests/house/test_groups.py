"""What is dear to make is made once: tests of one group meet in one of the workers."""

import pytest


@pytest.fixture(scope="session")
def makers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> set[str]:
    """Who has made this fixture so far; each worker makes its own."""
    shared = tmp_path_factory.getbasetemp()
    book = (shared if worker_id == "master" else shared.parent) / "makers"
    book.mkdir(exist_ok=True)
    (book / worker_id).touch()
    return {path.name for path in book.iterdir()}


@pytest.mark.xdist_group("a group that is kept together")
@pytest.mark.parametrize("number", range(8))
def test_a_group_stays_in_one_worker(makers: set[str], worker_id: str, number: int):
    assert makers == {worker_id}
