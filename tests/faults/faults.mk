# The service under faults (tests/faults): real processes that die, stop, and run out of things.

FAULTS_BUILT = $(MAKE) --no-print-directory MODE=release all build/tests/shim.so && $(MAKE) --no-print-directory MODE=fault all

$(BUILD)/tests/shim.so: tests/faults/shim.c
	@mkdir -p $(@D)
	$(call say,$(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O2 -fPIC -shared -o $@ $<,CC $@)

##@ Test
.PHONY: faults soak
faults: ## the service under faults: every named gap, kills at random, full disks, jumping clocks
	@$(FAULTS_BUILT)
	tests/faults/run $(ARGS)

SECONDS ?= 600
soak: ## kills at random for SECONDS (600), with a referee
	@$(FAULTS_BUILT)
	tests/faults/soak --seconds=$(SECONDS) $(ARGS)
