# From the start of the POST to the last verdict, beside what one would use instead.

end_to_end_bin := $(BUILD)/bench/end_to_end
end_to_end_objs = $(addprefix $(OBJ)/bench/end_to_end/,$(addsuffix .o,$(1)))
end_to_end_load := work load load_socket http load_http load_gearman load_beanstalkd beanstalk

$(end_to_end_bin)/load: $(call end_to_end_objs,$(end_to_end_load)) $(COMMON_OBJS)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ -lgearman -lgmp,LINK $@)

$(end_to_end_bin)/gearman_worker: $(call end_to_end_objs,peers/gearman_worker work)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ -lgearman,LINK $@)

$(end_to_end_bin)/beanstalkd_worker: $(call end_to_end_objs,peers/beanstalkd_worker work load_socket beanstalk)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^,LINK $@)

$(end_to_end_bin)/ceiling: $(call end_to_end_objs,peers/ceiling work) $(COMMON_OBJS)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ -lmicrohttpd -lgmp,LINK $@)

$(end_to_end_bin)/go_peer: bench/end_to_end/peers/go/main.go
	@mkdir -p $(@D)
	$(call say,go build -o $@ $<,GO $@)

end_to_end_programs := $(addprefix $(end_to_end_bin)/,load gearman_worker beanstalkd_worker ceiling go_peer)

.PHONY: bench-end-to-end
bench-end-to-end: $(BUILD)/primed ## a million numbers, and small batches, beside eight peers (ROUNDS=n)
	scripts/install-deps bench-peers
	@$(MAKE) --no-print-directory $(end_to_end_programs)
	$(call record,end-to-end) bench/end_to_end/run $(BUILD)
