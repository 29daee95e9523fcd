# What this machine can do, as bounds for docs/performance.md.

$(BUILD)/bench/limits: $(call objects,$(wildcard bench/limits/*.c)) $(COMMON_OBJS) $(WORKER_OBJS) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ -lgmp -lseccomp -lm,LINK $@)

.PHONY: bench-limits
bench-limits: $(BUILD)/bench/limits ## what copies, wake-ups, sockets, the core and the disk take here (DISK=DIRECTORY)
	$(call record,limits) $< $(DISK)
