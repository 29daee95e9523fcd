# Figures side by side. A bench program stands alone; a script of the same name runs it.

$(BUILD)/bench/store: $(OBJ)/bench/store.o $(COMMON_OBJS)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs sqlite3),LINK $@)

.PHONY: bench-store
bench-store: $(BUILD)/bench/store $(BUILD)/primed ## what keeping batches on disk costs
	bench/store.sh $(BUILD)
