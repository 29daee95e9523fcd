# How time and memory grow with workers, batches, numbers and what is queued.

scaling_bin := $(BUILD)/bench/scaling
scaling_load := $(call objects,bench/scaling/numbers.c bench/end_to_end/work.c bench/end_to_end/load_socket.c)

$(scaling_bin)/stream: $(call objects,bench/scaling/stream.c bench/end_to_end/http.c) $(scaling_load) $(COMMON_OBJS)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ -lgmp,LINK $@)

$(scaling_bin)/core: $(call objects,bench/scaling/core.c) $(scaling_load) $(COMMON_OBJS) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ -lgmp -lm,LINK $@)

# The clients of small batches are those of bench-end-to-end.
.PHONY: bench-scaling
bench-scaling: $(BUILD)/primed $(scaling_bin)/stream $(scaling_bin)/core ## workers, batches to 10^8, sizes, queues (MAX=n, ROUNDS=n)
	scripts/install-deps bench-peers
	@$(MAKE) --no-print-directory $(end_to_end_bin)/load
	$(call record,scaling) bench/scaling/scaling $(BUILD) $(SUBJECTS)
