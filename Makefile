# What one types here. `make` alone says it.
.DEFAULT_GOAL := help
.PHONY: help run test build format lint bench

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

run: ## install what is missing, build, and start the server on ./data (ARGS="--listen 127.0.0.1:8081" adds options)
	@scripts/run.sh $(ARGS)

test: ## install what the tests need, lint, build, and run all tests
	@scripts/test.sh

build: ## build the optimised executables into .build/release
	@scripts/build.sh

format: ## bring every Swift file into the house format
	@scripts/lint.sh --fix

lint: ## check format and lint rules
	@scripts/lint.sh

bench: ## measure the edge, and other push servers that are installed, on this machine
	@Benchmarks/compare.sh
