# From exec to ready.

.PHONY: bench-start
bench-start: $(BUILD)/primed ## from exec to ready, with new and with full stores (ROUNDS=n)
	scripts/install-deps bench-peers
	@$(MAKE) --no-print-directory $(end_to_end_bin)/load
	$(call record,start) bench/start/start $(BUILD)
