# The fuzz targets: a file each in tests/fuzz, with the inputs it starts from in tests/fuzz/corpus.
# libFuzzer, which clang has, drives them; MODE=fuzz is its instrumentation with the sanitizers.

FUZZ         ?= $(FUZZ_TARGETS)
FUZZ_SECONDS ?= 60
FUZZ_TARGETS := $(sort $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))
FUZZ_BUILT   := $(addprefix $(BUILD)/tests/fuzz/,$(FUZZ_TARGETS))
FUZZ_LIB     := $(BUILD)/libfuzzed.a

# A library, so that a target holds what it reaches, and no more: that is what its coverage is of.
$(FUZZ_LIB): $(call objects,$(wildcard tests/fuzz/support/*.c)) $(CLIENT_OBJS) $(LIB_OBJS) $(CORE_OBJS)
	@rm -f $@
	$(call say,$(AR) rcs $@ $^,AR $@)

$(FUZZ_BUILT): $(BUILD)/tests/fuzz/%: $(OBJ)/tests/fuzz/%.o $(FUZZ_LIB)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(SERVER_LIBS) $(CLIENT_LIBS)) -lm,LINK $@)

# The kernels for one processor each are no target's subject, and instrumented they compile for minutes.
ifeq ($(MODE),fuzz)
$(OBJ)/worker/primality/lanes_%.o: override CFLAGS += -fno-sanitize=all
endif

.PHONY: fuzz-targets
fuzz-targets: $(FUZZ_BUILT)

FUZZ_MAKE = $(MAKE) --no-print-directory MODE=fuzz

##@ Test
.PHONY: fuzz fuzz-test
fuzz: $(BUILD)/primed ## fuzz for FUZZ_SECONDS (60) each, or FUZZ="TARGET..." alone; then the interface
	@$(FUZZ_MAKE) fuzz-targets
	tests/fuzz/run --seconds=$(FUZZ_SECONDS) $(FUZZ)
	tests/contract/fuzz $(BUILD)/primed --requests=20000
	tests/contract/fuzz $(BUILD)/primed --requests=20000 --tokens

fuzz-test: $(BUILD)/primed ## a little of it, always the same: what make test does
	@$(FUZZ_MAKE) fuzz-targets
	tests/fuzz/run --test $(FUZZ)
	tests/contract/fuzz $(BUILD)/primed --seed=1 --requests=1000
	tests/contract/fuzz $(BUILD)/primed --seed=1 --requests=1000 --tokens
