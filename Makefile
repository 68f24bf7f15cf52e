# The commands of this repository. What they do is in scripts/ and xtask/.
.DEFAULT_GOAL := help
.PHONY: help build demo test fmt tidy hub clippy unit journeys fuzz conformance doc bench clean

# Compiled dependencies and the Python environment live outside the checkout, so that clones and CI share them.
export OUTPORT_CACHE ?= $(HOME)/.cache/outport
export CARGO_TARGET_DIR ?= $(OUTPORT_CACHE)/target

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z ]+:.*## / { printf "%-42s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build the binary (development profile)
	@scripts/need cargo cc
	@scripts/claim-target
	cargo build -p outport

demo: ## build everything under examples/ and open all doors (ONCE=1: try them and end)
	@scripts/demo

test: ## everything that must pass before a merge
	@scripts/test

fmt tidy hub clippy unit journeys conformance doc: ## one step of `make test`
	@scripts/test $@

fuzz: ## look for documents that make the reader panic
	@scripts/fuzz

bench: ## measure (see bench/README.md)
	@test -x bench/run || { echo "error: there is no bench/run" >&2; exit 1; }
	bench/run

clean: ## remove the demo's data and the compiled code
	rm -rf .outport
	cargo clean
