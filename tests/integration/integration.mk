# The integration tests: clients against a really started service. More of them at once than there are
# processors only makes each of them slower.

INTEGRATION_JOBS ?= 4

$(BUILD)/tests/integration: $(call objects,$(wildcard tests/integration/*.c)) $(SUPPORT_OBJS) $(LIB_OBJS) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(SERVER_LIBS) $(TEST_LIBS)) -lm,LINK $@)

# What services are started with to meet a machine that misbehaves, by LD_PRELOAD. They are the machine, so
# they are built without the mode's instrumentation.
SHIMS := $(patsubst tests/shims/%.c,$(BUILD)/tests/%.so,$(wildcard tests/shims/*.c))

$(BUILD)/tests/%.so: tests/shims/%.c $(wildcard tests/shims/*.h)
	@mkdir -p $(@D)
	$(call say,$(CC) -std=c17 -D_GNU_SOURCE $(WARNINGS) -O2 -g -shared -fPIC -o $@ $<,LINK $@)

##@ Test
.PHONY: integration
integration: $(BUILD)/tests/integration $(SHIMS) $(BUILD)/primed ## clients against a started service
	$(TEST_ENV) $< --jobs=$(INTEGRATION_JOBS)
