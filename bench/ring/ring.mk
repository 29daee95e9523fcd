# The ring and the board beside Concurrency Kit's rings.

$(BUILD)/bench/ring: $(call objects,$(wildcard bench/ring/*.c)) $(COMMON_OBJS)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ -lgmp,LINK $@)

.PHONY: bench-ring
bench-ring: ## the ring beside Concurrency Kit's, between processes (ROUNDS=n)
	scripts/install-deps build bench
	@$(MAKE) --no-print-directory $(BUILD)/bench/ring
	$(call record,ring) $(BUILD)/bench/ring $(or $(ROUNDS),11) $(ITEMS)
