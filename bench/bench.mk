# Every benchmark, and what all of them use; each has its rules in a folder of its own. Include from the Makefile, after its rules.

##@ Bench
# What each printed is kept here, as NAME.json; the figures of bench/README.md are in bench/results.
RESULTS ?= $(BUILD)/bench/$(if $(QUICK),quick,results)
record   = RESULTS=$(RESULTS) bench/support/record $(1)

# QUICK=1 only sees that all of it works. PARTS="ring start" leaves the others out.
.PHONY: bench bench-plots
bench: ## all of them in turn, and one table (QUICK=1: only see that they work; RESULTS=bench/results: keep)
	RESULTS=$(RESULTS) bench/all

bench-plots: ## draw bench/plots from bench/results
	bench/plots/plot bench/results bench/plots
