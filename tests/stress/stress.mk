# The stress programs: the shared-memory protocol between threads and between processes that die.
# They end by themselves after about STRESS_SECONDS each, and fail on the first violation.

STRESS_SECONDS ?= 8
STRESS_SUPPORT := $(call objects,tests/stress/stress.c tests/stress/feeder.c)
STRESS_NAMES   := ring_threads ring_processes
# ThreadSanitizer sees one process only.
STRESS_NAMES_tsan := ring_threads
STRESS_PROGRAMS   := $(addprefix $(BUILD)/tests/,$(or $(STRESS_NAMES_$(MODE)),$(STRESS_NAMES)))

$(BUILD)/tests/ring_%: $(OBJ)/tests/stress/ring_%.o $(STRESS_SUPPORT) $(COMMON_OBJS) $(WORKER_OBJS) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs gmp libseccomp) -lm,LINK $@)

##@ Test
.PHONY: stress
stress: $(STRESS_PROGRAMS) ## the protocol under load and under kills (also: MODE=tsan, MODE=fault)
	@for program in $^; do $$program --seconds=$(STRESS_SECONDS) || exit 1; done
