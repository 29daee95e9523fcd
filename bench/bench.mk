# Benchmarks side by side with peers; include from the Makefile, after its rules.

##@ Bench
bench_primality_objs := $(call objects,$(wildcard bench/primality/*.c))
bench_flint := $(if $(wildcard /usr/include/flint/ulong_extras.h),yes)
bench_pari := $(if $(wildcard /usr/include/pari/pari.h /usr/include/*/pari/pari.h),yes)

# Peers are optional, and their headers are not ours to keep clean.
$(OBJ)/bench/primality/peers.o: CPPFLAGS += $(if $(bench_flint),-DHAVE_FLINT) $(if $(bench_pari),-DHAVE_PARI)

$(BUILD)/bench/primality: $(bench_primality_objs) $(CORE_LIB)
	@mkdir -p $(@D)
	$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $(if $(bench_flint),-lflint) $(if $(bench_pari),-lpari) -lgmp

.PHONY: bench-primality
bench-primality: $(BUILD)/bench/primality ## the core beside FLINT, PARI, Math::Prime::Util and GMP (ROUNDS=n)
	@grep -m1 'model name' /proc/cpuinfo || true
	$< bench/primality $(ROUNDS)

.PHONY: bench-service
bench-service: $(BUILD)/primed ## a million numbers in and verdicts out, with each store (ROUNDS=n)
	bench/whole-service.sh $(BUILD)
