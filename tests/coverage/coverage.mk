# How much of the service its tests run (tests/coverage/run).

# The counters of the core are bumped billions of times, too often for atomic instructions; and each test of it is one thread.
ifeq ($(MODE),coverage)
$(OBJ)/worker/primality/%.o: override CFLAGS += -fprofile-update=single
endif

$(BUILD)/tests/processes: $(OBJ)/tests/coverage/processes.o $(OBJ)/worker/sandbox.o $(COMMON_OBJS)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs libseccomp gmp),LINK $@)

.PHONY: coverage-built
coverage-built: $(addprefix $(BUILD)/tests/,unit integration client shim.so) $(SHIMS) $(BUILD)/primed $(BUILD)/prime

##@ Test
.PHONY: coverage
coverage: ## the lines of common, worker and server that tests run, 90 % of each at least: build/coverage/html
	@tests/coverage/run $(ARGS)
