# Where the processor time of a batch goes.

.PHONY: bench-profile
bench-profile: $(BUILD)/primed ## what each kind of thread takes of a batch, big and small (ROUNDS=n)
	scripts/install-deps bench-peers
	@$(MAKE) --no-print-directory $(end_to_end_bin)/load
	$(call record,profile) bench/profile/profile $(BUILD)
