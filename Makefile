# Kring. Two verbs matter on a fresh machine: `make demo` and `make test`.
.PHONY: setup demo test lint bench soak lock docs clean
BIN := .venv/bin
export NPM_CONFIG_UPDATE_NOTIFIER := false

setup:            ## everything a fresh Debian/Ubuntu machine needs
	@bash scripts/setup.sh

demo: setup       ## a live call on the agent's page
	@$(BIN)/kring demo

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm run --silent check

test: lint        ## lint, then unit, integration and end-to-end tests
	npm run --silent test
	$(BIN)/pytest

bench: setup      ## the figures that the documentation quotes
	$(BIN)/kring bench pipeline

soak: setup
	$(BIN)/pytest -m soak

lock: setup       ## renew constraints.txt from what is installed
	@{ echo "# Every version of every dependency, for Python 3.11 and 3.12. Renew with: make lock"; \
	   $(BIN)/pip freeze --exclude-editable | grep -v -i -E '^(torch|pjsua2)'; } > constraints.txt

docs: setup       ## regenerate the pages that are made from code
	$(BIN)/kring settings --markdown > docs/settings.md

clean:
	rm -rf .venv node_modules desk/static/dist var build *.egg-info
