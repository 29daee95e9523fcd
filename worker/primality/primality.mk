# The long test of the core; include from the Makefile, after its rules.

exhaustive_flint := $(shell pkg-config --exists flint 2>/dev/null && echo yes || \
                      { test -f /usr/include/flint/ulong_extras.h && echo yes; })

$(OBJ)/tests/exhaustive/primality.o: CPPFLAGS += $(if $(exhaustive_flint),-DHAVE_FLINT)

$(BUILD)/tests/exhaustive/primality: $(OBJ)/tests/exhaustive/primality.o \
    $(call objects,$(wildcard tests/support/primality_*.c)) $(CORE_LIB)
	@mkdir -p $(@D)
	$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $(if $(exhaustive_flint),-lflint) -lgmp -ljansson -lm

.PHONY: test-exhaustive
test-exhaustive: $(BUILD)/tests/exhaustive/primality ## the core against a sieve below 2^32, GMP and FLINT: minutes (VECTORS=file adds Wycheproof's)
	$< $(VECTORS)
