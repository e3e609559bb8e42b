# Everything a person types. `make` alone lists it.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := help

.PHONY: help run test check format lock eval model extension clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## set up, then start the sample company and open it in the browser (SPEECH=0: without speech)
	@$(PYTHON) tools/setup.py
	@$(BIN)/genjin demo

test: ## set up, then run the whole test suite
	@$(PYTHON) tools/setup.py --dev
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

check: ## format, lint, types, import contracts, extension types, tests
	@$(PYTHON) tools/setup.py --dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm --prefix extension run --silent check
	$(BIN)/python -m pytest -n 2 --dist loadgroup

format: ## put every file into shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## choose package versions anew and write the hashed lists in requirements/
	$(BIN)/python tools/lock.py

eval: ## print precision, recall and accuracy of tagging, of what counts as contact, and of speech
	$(BIN)/python benchmarks/tagging_eval.py
	$(BIN)/python benchmarks/tagging_eval.py tests/data/tagging_unseen/sentences.jsonl
	$(BIN)/python benchmarks/tagging_eval.py --elsewhere
	$(BIN)/python benchmarks/hygiene_eval.py
	$(BIN)/python benchmarks/matching_eval.py
	$(BIN)/python benchmarks/masking_eval.py
	$(BIN)/python benchmarks/contact_eval.py
	$(BIN)/python benchmarks/contact_eval.py --set contact_unseen
	$(BIN)/python benchmarks/speech.py

model: ## train the tagger's model anew from tests/data/tagging_dev and the concepts (minutes)
	$(BIN)/python tools/train_tagger.py

extension: ## pack the browser extension for Chrome, Edge and Firefox
	$(BIN)/python tools/pack_extension.py

clean: ## remove everything that setting up made
	rm -rf .venv extension/node_modules build dist
