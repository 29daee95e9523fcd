# How fast numbers are read and results are written.

$(BUILD)/bench/formats: $(call objects,bench/formats/formats.c bench/end_to_end/work.c) $(LIB_OBJS) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(SERVER_LIBS)) -lm,LINK $@)

.PHONY: bench-formats
bench-formats: $(BUILD)/bench/formats ## how fast numbers are read and results written, format by format
	$(call record,formats) $<
