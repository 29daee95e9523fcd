# How much of the service its tests run (tests/coverage/run).

# The counters of the core are bumped billions of times, too often for atomic instructions; and each test of it is one thread.
ifeq ($(MODE),coverage)
$(OBJ)/worker/primality/%.o: override CFLAGS += -fprofile-update=single
endif

.PHONY: coverage-built
coverage-built: $(addprefix $(BUILD)/tests/,unit integration client shim.so) $(SHIMS) $(BUILD)/primed $(BUILD)/prime

##@ Test
.PHONY: coverage
coverage: ## the lines of common, worker and server that tests run, 90 % of each at least: build/coverage/html
	@tests/coverage/run $(ARGS)
