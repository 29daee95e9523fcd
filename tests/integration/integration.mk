# The integration tests: clients against a really started service. More of them at once than there are
# processors only makes each of them slower.

INTEGRATION_JOBS ?= 4

$(BUILD)/tests/integration: $(call objects,$(wildcard tests/integration/*.c)) $(SUPPORT_OBJS) $(LIB_OBJS) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(SERVER_LIBS) $(TEST_LIBS)) -lm,LINK $@)

##@ Test
.PHONY: integration
integration: $(BUILD)/tests/integration $(BUILD)/primed ## clients against a started service
	$(TEST_ENV) $< --jobs=$(INTEGRATION_JOBS)
