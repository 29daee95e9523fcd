# The tests of the client: its parts alone, and build/prime against a really started service.

CLIENT_JOBS    ?= 4
CLIENT_SUPPORT := $(call objects,$(addprefix tests/support/,prime.c primed.c client.c forked.c passes.c work.c))

$(BUILD)/tests/client: $(call objects,$(wildcard tests/client/*.c)) $(CLIENT_SUPPORT) $(CLIENT_OBJS) $(COMMON_OBJS) \
    $(WORKER_OBJS) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(CLIENT_LIBS) $(TEST_LIBS)) -lm,LINK $@)

##@ Test
.PHONY: client
client: $(BUILD)/tests/client $(BUILD)/prime $(BUILD)/primed ## the client, alone and against a started service
	$(TEST_ENV) $< --jobs=$(CLIENT_JOBS)
