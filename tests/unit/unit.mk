# The unit tests under memcheck, which sees what is read before it was written; leaks are for MODE=asan. Each test is a
# process of its own, and valgrind takes a second or two to begin: too long for make test. It knows no AVX-512.

UNIT_REPORTS := $(BUILD)/valgrind

##@ Test
.PHONY: valgrind-unit
valgrind-unit: $(BUILD)/tests/unit ## the unit tests under memcheck; a quarter of an hour (ARGS="--filter 'text/*'")
	@rm -rf $(UNIT_REPORTS) && mkdir -p $(UNIT_REPORTS)
	PRIMED_CPU=avx2 valgrind --trace-children=yes --leak-check=no --log-file=$(UNIT_REPORTS)/%p $< $(ARGS)
	@reports=$$(grep -l 'ERROR SUMMARY: [1-9]' $(UNIT_REPORTS)/*); [ -z "$$reports" ] || { cat $$reports; exit 1; }
