# The primality core beside other libraries.

bench_primality_objs := $(call objects,$(wildcard bench/primality/*.c))
bench_flint := $(if $(wildcard /usr/include/flint/ulong_extras.h),yes)
bench_pari := $(if $(wildcard /usr/include/pari/pari.h /usr/include/*/pari/pari.h),yes)

bench_flags := $(if $(bench_flint),-DHAVE_FLINT) $(if $(bench_pari),-DHAVE_PARI)
bench_stamp := $(OBJ)/bench/primality/peers.flags

# Peers are optional, and their headers are not ours to keep clean. When one was installed since, what
# was compiled without it is compiled anew: the stamp changes with the flags, and only then.
$(OBJ)/bench/primality/peers.o: CPPFLAGS += $(bench_flags)
$(OBJ)/bench/primality/peers.o: $(bench_stamp)
ifneq ($(strip $(bench_flags)),$(strip $(shell cat $(bench_stamp) 2>/dev/null)))
.PHONY: $(bench_stamp)
endif
$(bench_stamp):
	@mkdir -p $(@D)
	@echo '$(bench_flags)' >$@

$(BUILD)/bench/primality: $(bench_primality_objs) $(CORE_LIB)
	@mkdir -p $(@D)
	$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $(filter %.o %.a,$^) $(if $(bench_flint),-lflint) $(if $(bench_pari),-lpari) -lgmp

# The second make sees what the first step installed; where it may not install, it takes what there is.
.PHONY: bench-primality
bench-primality: ## the core beside FLINT, PARI, Math::Prime::Util and GMP (ROUNDS=n)
	-scripts/install-deps build bench
	@$(MAKE) --no-print-directory $(BUILD)/bench/primality
	$(call record,primality) $(BUILD)/bench/primality bench/primality $(ROUNDS)
