# primed - an HTTP job queue for primality. `make help` lists the targets.

VERSION := $(shell cat VERSION)
MODE    ?= release
PREFIX  ?= /usr/local
CC      ?= cc

# --- where things go: build/ for the ordinary build, build/MODE/ for the others ------------------
BUILD := build$(if $(filter-out release,$(MODE)),/$(MODE))
OBJ   := $(BUILD)/obj

# --- flags: ours first, the user's CFLAGS and LDFLAGS after them ----------------------------------
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat-security -Werror
# What an attack must get past; scripts/check-binary tells whether a binary has it. A packager's own level of FORTIFY stands.
arch      := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine)))
HARDENING  = -fstack-protector-strong -fstack-clash-protection $(HARDENING_$(arch)) \
             $(if $(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
HARDENING_x86_64   := -fcf-protection=full
HARDENING_aarch64  := -mbranch-protection=standard
# Debian's start-up objects do not say that they can do with a shadow stack; they can.
HARDENED_LD = -Wl,-z,relro,-z,now,-z,noexecstack $(HARDENED_LD_$(arch))
HARDENED_LD_x86_64 := -Wl,-z,shstk
MODE_CFLAGS_release  := -O2 -g $(HARDENING)
MODE_CFLAGS_asan     := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined -DINSTRUMENTED=1
MODE_CFLAGS_tsan     := -O1 -g -fno-omit-frame-pointer -fsanitize=thread -DINSTRUMENTED=1
# Counters in a file that all processes map (LLVM_PROFILE_FILE with %c): kills and sandboxes lose nothing of them.
MODE_CFLAGS_coverage := -O1 -g -fprofile-instr-generate -fcoverage-mapping -fprofile-update=atomic -mllvm -runtime-counter-relocation
MODE_CFLAGS_fault    := -O2 -g -DFAULT_POINTS=1
MODE_CFLAGS_fuzz     := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
MODE_LDFLAGS_release  := $(HARDENED_LD)
MODE_LDFLAGS_asan     := -fsanitize=address,undefined
MODE_LDFLAGS_tsan     := -fsanitize=thread
MODE_LDFLAGS_coverage := -fprofile-instr-generate
MODE_LDFLAGS_fuzz     := -fsanitize=fuzzer,address,undefined
ifneq ($(filter fuzz coverage,$(MODE)),)
CC := clang
endif
ifeq ($(origin MODE_CFLAGS_$(MODE)),undefined)
$(error MODE=$(MODE) is not one of release, asan, tsan, coverage, fault, fuzz)
endif
our_cflags  := -std=c17 -D_GNU_SOURCE -I. -pthread -fPIE -ffile-prefix-map=$(CURDIR)=. $(WARNINGS) $(MODE_CFLAGS_$(MODE)) \
               -DPRIMED_VERSION='"$(VERSION)"'
our_ldflags := -pthread -pie $(MODE_LDFLAGS_$(MODE))

SERVER_LIBS := libmicrohttpd jansson gmp sqlite3 nettle gnutls zlib libzstd libseccomp
CLIENT_LIBS := libcurl jansson gmp libseccomp
TEST_LIBS   := criterion libcurl zlib libzstd

# --- the parts ------------------------------------------------------------------------------------
objects = $(patsubst %,$(OBJ)/%.o,$(basename $(sort $(1))))
COMMON_OBJS  := $(call objects,$(wildcard common/*.c))
CORE_OBJS    := $(call objects,$(wildcard worker/primality/*.c))
WORKER_OBJS  := $(call objects,$(wildcard worker/*.c))
SERVER_OBJS  := $(call objects,$(filter-out server/main.c,$(wildcard server/*.c server/*/*.c server/*/*.S)))
CLIENT_OBJS  := $(call objects,$(filter-out client/main.c,$(wildcard client/*.c client/*/*.c)))
SUPPORT_OBJS := $(call objects,$(wildcard tests/support/*.c))
LIB_OBJS     := $(COMMON_OBJS) $(WORKER_OBJS) $(SERVER_OBJS)
CORE_LIB     := $(BUILD)/libprimality.a

# V=1 shows the commands in full.
ifeq ($(V),1)
say = $(1)
else
say = @printf '  %-6s %s\n' "$(word 1,$(2))" "$(wordlist 2,9,$(2))"; $(1)
endif

.DELETE_ON_ERROR:
.SECONDARY:

##@ Build
.PHONY: all
all: $(BUILD)/primed $(BUILD)/prime $(CORE_LIB) ## the daemon, the client and the core library (the default)

$(BUILD)/primed: $(OBJ)/server/main.o $(LIB_OBJS) $(CORE_LIB)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(SERVER_LIBS)) -lm,LINK $@)

$(BUILD)/prime: $(OBJ)/client/main.o $(CLIENT_OBJS) $(COMMON_OBJS) $(WORKER_OBJS) $(CORE_LIB)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(CLIENT_LIBS)) -lm,LINK $@)

# The manual pages and the completions come out of each program's own table of options.
CLIENT_DOCS := $(addprefix $(BUILD)/client/prime.,1 bash zsh fish)
SERVER_DOCS := $(addprefix $(BUILD)/server/primed.,8 env bash zsh fish)
$(CLIENT_DOCS): $(BUILD)/prime
$(SERVER_DOCS): $(BUILD)/primed
$(CLIENT_DOCS) $(SERVER_DOCS):
	@mkdir -p $(@D)
	$(call say,$< --generate=$(patsubst .%,%,$(patsubst %.1,.man,$(patsubst %.8,.man,$(suffix $@)))) >$@,GEN $@)

.PHONY: docs
docs: $(CLIENT_DOCS) $(SERVER_DOCS)

$(CORE_LIB): $(CORE_OBJS)
	@rm -f $@
	$(call say,$(AR) rcsD $@ $^,AR $@)

$(OBJ)/%.o: %.c Makefile VERSION
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_cflags) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<,CC $@)

$(OBJ)/%.o: %.S Makefile
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_cflags) $(CPPFLAGS) -MMD -MP -c -o $@ $<,AS $@)

$(OBJ)/server/http/assets.o: openapi.yaml $(wildcard server/http/page/* server/http/page/*/*)

##@ Test
$(BUILD)/tests/unit: $(call objects,$(wildcard tests/unit/*.c)) $(SUPPORT_OBJS) $(LIB_OBJS) $(CORE_LIB)
	@mkdir -p $(@D)
	$(call say,$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs $(SERVER_LIBS) $(TEST_LIBS)) -lm,LINK $@)

# What the test programs run under: a sanitizer's report is a failure, but for the test library's own.
# (What tests/shims holds is loaded before the sanitizer, and may be.)
TEST_ENV_asan := LSAN_OPTIONS=suppressions=tests/support/leaks.supp:print_suppressions=0 \
                 UBSAN_OPTIONS=halt_on_error=1 ASAN_OPTIONS=verify_asan_link_order=0
TEST_ENV      := $(TEST_ENV_$(MODE))

.PHONY: unit
unit: $(BUILD)/tests/unit ## the unit tests alone
	$(TEST_ENV) $<

include $(wildcard worker/*/*.mk tests/*/*.mk bench/*.mk bench/*/*.mk scripts/*.mk)

.PHONY: format
format: ## lay out the C sources by clang-format
	clang-format -i $$(git ls-files '*.c' '*.h')

# Root has to say as whom to serve, and on a machine for building and testing that may be root.
ifeq ($(shell id -u),0)
export PRIMED_USER ?= root
endif

##@ Run
.PHONY: run
run: $(BUILD)/primed ## serve on 127.0.0.1:8080 (ARGS="--workers 4" adds options)
	$< serve $(ARGS)

##@ Install
.PHONY: install uninstall
install: all docs ## into DESTDIR and PREFIX (/usr/local)
	install -D -m 755 $(BUILD)/primed $(DESTDIR)$(PREFIX)/bin/primed
	install -D -m 755 $(BUILD)/prime $(DESTDIR)$(PREFIX)/bin/prime
	install -D -m 644 $(CORE_LIB) $(DESTDIR)$(PREFIX)/lib/libprimality.a
	install -D -m 644 worker/primality/primality.h $(DESTDIR)$(PREFIX)/include/primality.h
	install -D -m 644 $(BUILD)/server/primed.8 $(DESTDIR)$(PREFIX)/share/man/man8/primed.8
	install -D -m 644 $(BUILD)/client/prime.1 $(DESTDIR)$(PREFIX)/share/man/man1/prime.1
	for program in client/prime server/primed; do name=$${program#*/}; \
	    install -D -m 644 $(BUILD)/$$program.bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$name && \
	    install -D -m 644 $(BUILD)/$$program.zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_$$name && \
	    install -D -m 644 $(BUILD)/$$program.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/$$name.fish || exit; \
	done
	install -D -m 644 openapi.yaml $(DESTDIR)$(PREFIX)/share/doc/primed/openapi.yaml

uninstall: ## what install put there
	rm -f $(DESTDIR)$(PREFIX)/bin/primed $(DESTDIR)$(PREFIX)/bin/prime $(DESTDIR)$(PREFIX)/lib/libprimality.a \
	    $(DESTDIR)$(PREFIX)/include/primality.h $(DESTDIR)$(PREFIX)/share/man/man8/primed.8 \
	    $(DESTDIR)$(PREFIX)/share/man/man1/prime.1 \
	    $(addprefix $(DESTDIR)$(PREFIX)/share/bash-completion/completions/,prime primed) \
	    $(addprefix $(DESTDIR)$(PREFIX)/share/zsh/site-functions/,_prime _primed) \
	    $(addprefix $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/,prime.fish primed.fish) \
	    $(DESTDIR)$(PREFIX)/share/doc/primed/openapi.yaml

# The tree is copied, since dpkg-buildpackage writes into it and beside it.
.PHONY: deb
deb: ## Debian packages, in build/deb
	scripts/install-deps build package
	rm -rf build/deb && mkdir -p build/deb/primed
	tar -c --exclude=./build --exclude=./.git --exclude=node_modules --exclude=./primed-data . | tar -x -C build/deb/primed
	cd build/deb/primed && dpkg-buildpackage --unsigned-source --unsigned-changes --build=binary
	rm -rf build/deb/primed

##@ Other
.PHONY: clean help
clean: ## remove everything that was built
	rm -rf build

help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } \
	    /^##@/ { part = substr($$0, 5); if (!(part in text)) order[++parts] = part } \
	    /^[a-z-]+:.*## / { text[part] = text[part] sprintf("  %-16s %s\n", $$1, $$2) } \
	    END { for (i = 1; i <= parts; i++) printf "\n%s\n%s", order[i], text[order[i]] }' \
	    $(MAKEFILE_LIST)
	@printf '\nMODE=release|asan|tsan|fault|fuzz|coverage chooses the build; V=1 shows commands in full.\n'

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
