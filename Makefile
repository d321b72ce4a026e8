# Every command of the course. `make` alone lists them.

# The first Python that is new enough; looked for only when something has to be installed or checked.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
SETUP = @$(PYTHON) .ci/setup.py

LECTURES  := $(wildcard lectures/[0-9]*.py)
SOLUTIONS := $(filter-out %/misconceptions.py,$(wildcard solutions/*/*.py))

# Small matrices: a second thread gains little on an idle machine and loses a hundredfold on a busy one.
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1

# What takes a browser or a hub, and longest.
BROWSER := tests/browser tests/deploy

# nbgrader looks for alembic and jupyter on the path.
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help students authors lab demo test check notebooks scripts release lectures checkpoint experiments student-bundle book bench browser faults users

help:
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

lab: students  ## open JupyterLab on the lectures
	@jupyter lab --log-level=ERROR --LabApp.default_url=/lab/tree/lectures/01_rnn_basics.ipynb \
		$(if $(filter 0,$(shell id -u)),--allow-root)

demo: students  ## grade a class of twelve, attackers among them, and show what came out
	$(SETUP) students bubblewrap
	@autograder demo

test: authors check  ## check, then every test but those of `make browser`
	$(SETUP) authors bubblewrap postgresql
	@pytest -n 2 --dist loadgroup $(foreach room,$(BROWSER),--ignore=$(room))

check: authors  ## format, lint, types, and who may import whom
	@ruff format --check --quiet .
	@ruff check --quiet .
	@mypy
	@lint-imports --no-cache --no-logo

notebooks: authors  ## make each .ipynb from the .py beside it
	@python .ci/twins.py unedited $(LECTURES) $(SOLUTIONS)
	@jupytext --quiet --update --to ipynb $(LECTURES) $(SOLUTIONS)
	@jupyter nbconvert --log-level=ERROR --clear-output --inplace $(SOLUTIONS:.py=.ipynb)

scripts: authors  ## the way back: what was edited in a solution's notebook goes into its .py
	@python .ci/twins.py scripts $(SOLUTIONS)

lectures: authors  ## run the lectures, so that their notebooks show what they show, and docs/lectures.md too
	@jupyter nbconvert --to notebook --execute --inplace --ExecutePreprocessor.record_timing=False \
		--ExecutePreprocessor.store_widget_state=False $(LECTURES:.py=.ipynb)
	@python lectures/overview.py

checkpoint: students  ## train the networks that lectures 2, 4, 5 and 7 look into, for twenty minutes: lectures/checkpoints/
	@cd lectures && python train_checkpoint.py && python train_dates.py
	@cd lectures && python train_attention.py && python train_glimpses.py && python train_draw.py

experiments: authors  ## record what lectures 3 to 8 cannot train while one waits: lectures/experiments/*.json
	@python lectures/experiments/memory_curves.py
	@python lectures/experiments/stacked_layers.py
	@python lectures/experiments/forget_bias.py
	@python lectures/experiments/gated_characters.py
	@python lectures/experiments/tagging.py
	@cd lectures && python -m experiments.dates
	@cd lectures && python -m experiments.repeating
	@cd lectures && python -m experiments.captions
	@cd lectures && python -m experiments.alignment
	@cd lectures && python -m experiments.looking
	@cd lectures && python -m experiments.questions
	@cd lectures && python -m experiments.relations
	@cd lectures && python -m experiments.word_looks
	@cd lectures && python -m experiments.glimpses
	@cd lectures && python -m experiments.drawing
	@cd lectures && python -m experiments.transformer
	@cd lectures && python -m experiments.long_range
	@cd lectures && python -m experiments.costs

release: students  ## make assignments/ from solutions/
	@autograder release

student-bundle: students  ## write dist/unrolled-student-VERSION.zip
	@python -m rnn_autograder.bundle dist

book: authors  ## write the book, a site that needs no network: dist/book/html/index.html
	@rm -rf dist/book
	@sphinx-build -q -W --keep-going -c docs -d dist/book/doctrees . dist/book/html
	@echo dist/book/html/index.html

bench: students  ## measure for an hour or so: grading, docs/bench.md (OTTER=PROGRAM), and our NumPy, docs/speed.md
	$(SETUP) students bubblewrap
	@autograder bench $(if $(OTTER),--otter $(OTTER))
	@python solutions/speed.py

browser: authors  ## the whole course in a real browser, and on a hub; dist/moves.md: how long each move of a figure takes
	$(SETUP) authors bubblewrap chromium node-configurable-http-proxy
	@mkdir -p dist
	@UNROLLED_MOVES=dist/moves.md pytest -n 2 --dist loadgroup $(BROWSER)

faults: authors  ## grade a class of 200 while workers and then the grader are killed
	$(SETUP) authors bubblewrap
	@FAULTS_STUDENTS=200 pytest tests/autograder/faults -k workers_and_then_the_grader

users: authors  ## as root: attack, damage and disturb the grading as an ordinary user
	$(SETUP) authors bubblewrap
	@UNROLLED_LONG=1 pytest tests/autograder/test_ordinary_user.py

students authors:
	$(SETUP) $@
