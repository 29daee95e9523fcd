# A short life of the service under a checker (tests/session/run).

# What memcheck looks for, and where it writes: the processes of a session write at the same time.
VALGRIND := valgrind --trace-children=yes --leak-check=full --show-leak-kinds=definite,possible --errors-for-leak-kinds=definite,possible

##@ Test
.PHONY: session valgrind
session: $(BUILD)/primed ## eight clients and a drain, under the sanitizer of MODE=tsan or MODE=asan
	tests/session/run $<

valgrind: $(BUILD)/primed ## the same under memcheck, which knows no AVX-512
	PRIMED_CPU=avx2 tests/session/run $< $(VALGRIND) --log-file=%DIRECTORY%/report.%p
