# What keeping batches costs.

$(BUILD)/bench/store: $(call objects,bench/store/store.c bench/end_to_end/work.c) $(COMMON_OBJS)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs sqlite3) -lgmp,LINK $@)

.PHONY: bench-store
bench-store: $(BUILD)/bench/store $(BUILD)/primed ## keeping batches, beside bare commits of SQLite (ROUNDS=n)
	$(call record,store) bench/store/store.sh $(BUILD)
