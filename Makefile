# Builds, tests and installs everything; no other file holds build logic. `make help` lists targets.
NAME    := latchkey
VERSION := 0.1.0

# Where things go (GNU names; each can be set on the command line). ----------
prefix        ?= /usr/local
exec_prefix   ?= $(prefix)
bindir        ?= $(exec_prefix)/bin
sbindir       ?= $(exec_prefix)/sbin
libdir        ?= $(exec_prefix)/lib
libexecdir    ?= $(exec_prefix)/libexec
sysconfdir    ?= /etc
localstatedir ?= /var
runstatedir   ?= /run
datarootdir   ?= $(prefix)/share
mandir        ?= $(datarootdir)/man
docdir        ?= $(datarootdir)/doc/$(NAME)
pamdir        ?= $(libdir)/security
unitdir       ?= $(prefix)/lib/systemd/system
helperdir     ?= $(libexecdir)/$(NAME)
statedir      ?= $(localstatedir)/lib/$(NAME)
runtimedir    ?= $(runstatedir)/$(NAME)
configdir     ?= $(sysconfdir)/$(NAME)
sharedir      ?= $(datarootdir)/$(NAME)
local_passwd  ?= /etc/passwd
local_group   ?= /etc/group

# What is built from what. The two modules list every file: that list is
# the promise of what gets loaded into other people's processes. ------------
pam_src    := $(wildcard pam_module/*.c) login/frame.c login/words.c \
              $(addprefix cache/,name.c name_dangerous.c id_window.c window_in_force.c naming.c nss_conf.c nss_conf_file.c trust.c) \
              base/error.c base/clock.c base/text.c
nss_src    := $(wildcard nss_module/*.c) \
              $(addprefix cache/,name.c name_dangerous.c id_window.c nss_conf.c nss_conf_file.c trust.c first_id.c) \
              $(addprefix cache/snapshot_,read.c walk.c answer.c record.c)
helper_src := login/main.c
command_src:= $(wildcard command/*.c)
core_src   := $(wildcard base/*.c config/*.c platform/*.c cache/*.c) \
              $(filter-out $(helper_src),$(wildcard login/*.c))
test_src   := $(wildcard tests/test_*.c)
vectors_src := tests/jws_verify.c   # needs no library of the tests, so that plain `make` can build it
tool_src   := $(filter-out $(test_src) $(vectors_src),$(wildcard tests/*.c))   # programs that tests use

PKG_CONFIG ?= pkg-config
pkgs       := libcurl jansson libcrypto sqlite3 libcrypt inih pwquality libqrencode
core_libs  = $(shell $(PKG_CONFIG) --libs $(pkgs)) -lpthread
test_libs  = $(core_libs) -lcmocka -lpam -ldl

# How. CFLAGS and LDFLAGS belong to whoever builds; ours are separate. -------
CFLAGS   ?= -O2 -g
INSTALL  ?= install
warnings := -Wall -Wextra -Wshadow -Wvla -Wwrite-strings -Wstrict-prototypes -Wmissing-prototypes \
            -Wpointer-arith -Wcast-qual -Wformat=2 -Wimplicit-fallthrough -Wundef
our_cppflags := -I. -D_GNU_SOURCE -DVERSION='"$(VERSION)"' \
    -DSTATE_DIR='"$(statedir)"' -DRUNTIME_DIR='"$(runtimedir)"' -DCONFIG_DIR='"$(configdir)"' \
    -DDATA_DIR='"$(sharedir)"' -DHELPER_PATH='"$(helperdir)/latchkey-login"' \
    -DLOCAL_PASSWD='"$(local_passwd)"' -DLOCAL_GROUP='"$(local_group)"'
our_cflags   := -std=gnu17 -fPIC -MMD -MP $(warnings) $(werror)
our_ldflags  := -Wl,--as-needed
hardening_cflags  ?= -fstack-protector-strong -fstack-clash-protection -fcf-protection \
                     -D_FORTIFY_SOURCE=2 -ftrivial-auto-var-init=zero
hardening_ldflags ?= -Wl,-z,defs -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack

MAKEFLAGS += --no-builtin-rules   # one of them would make the data file platform/codes from codes.c
Q := $(if $(V),,@)
B     := build
obj    = $(patsubst %.c,$B/%.o,$(1))
pam   := $B/pam_$(NAME).so
nss   := $B/libnss_$(NAME).so.2
helper:= $B/latchkey-login
command:= $B/latchkey
tests := $(patsubst tests/%.c,$B/tests/%,$(test_src))
tools := $(patsubst tests/%.c,$B/tests/%,$(tool_src))
vectors := $B/tests/jws_verify

## all: the two modules, the helper, the tool, and tests/jws_verify for public signature vectors
all: $(pam) $(nss) $(helper) $(command) $(vectors)

$(pam): $(call obj,$(pam_src)) pam_module/exports.map
	@echo '  LD $@'
	$(Q)$(CC) -shared $(our_ldflags) $(hardening_ldflags) $(LDFLAGS) \
	    -Wl,--version-script=pam_module/exports.map -o $@ $(filter %.o,$^) -lpam

$(nss): $(call obj,$(nss_src)) nss_module/exports.map
	@echo '  LD $@'
	$(Q)$(CC) -shared $(our_ldflags) $(hardening_ldflags) $(LDFLAGS) \
	    -Wl,--version-script=nss_module/exports.map -Wl,-soname,$(@F) -Wl,-z,nodelete \
	    -o $@ $(filter %.o,$^)

$(helper): $(call obj,$(helper_src)) $B/core.a
	@echo '  LD $@'
	$(Q)$(CC) -pie $(our_ldflags) $(hardening_ldflags) $(LDFLAGS) -o $@ $^ $(core_libs)

$(command): $(call obj,$(command_src)) $B/core.a
	@echo '  LD $@'
	$(Q)$(CC) -pie $(our_ldflags) $(hardening_ldflags) $(LDFLAGS) -o $@ $^ $(core_libs)

$(vectors): $(call obj,$(vectors_src)) $B/core.a
	@echo '  LD $@'
	$(Q)$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $(core_libs)

# The table of codes is data; the helper carries a copy for the day when the file is gone.
$B/platform/codes_text.c: platform/codes
	@mkdir -p $(@D)
	$(Q){ echo 'extern const char codes_text[];'; echo 'const char codes_text[] ='; \
	    sed 's/[\\"]/\\&/g; s/.*/    "&\\n"/' $<; echo '    ;'; } >$@

$B/platform/codes_text.o: $B/platform/codes_text.c
	$(Q)$(CC) $(CPPFLAGS) $(our_cppflags) $(our_cflags) $(hardening_cflags) $(CFLAGS) -c -o $@ $<

$B/core.a: $(call obj,$(core_src)) $B/platform/codes_text.o
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$B/pam.a: $(call obj,$(wildcard pam_module/*.c))
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(tests) $(tools): $B/tests/%: $B/tests/%.o $B/pam.a $B/core.a
	@echo '  LD $@'
	$(Q)$(CC) $(our_ldflags) $(LDFLAGS) -o $@ $^ $(test_libs)

$B/%.o: %.c
	@mkdir -p $(@D) && echo '  CC $<'
	$(Q)$(CC) $(CPPFLAGS) $(our_cppflags) $(our_cflags) $(hardening_cflags) $(CFLAGS) -c -o $@ $<

# Where each file goes, as file:folder; install and uninstall both walk these lists. -----
man_pages := $(wildcard man/*.[1-9])
programs  := $(helper):$(helperdir) $(command):$(sbindir) packaging/nsswitch:$(sharedir)
modules   := $(pam):$(pamdir) $(nss):$(libdir)
texts     := $(foreach f,$(wildcard packaging/systemd/*),$f:$(unitdir)) \
             $(foreach f,$(wildcard packaging/pam-configs/*),$f:$(datarootdir)/pam-configs) \
             $(foreach f,$(man_pages),$f:$(mandir)/man$(patsubst .%,%,$(suffix $f))) \
             packaging/sysusers.d/latchkey.conf:$(prefix)/lib/sysusers.d \
             packaging/tmpfiles.d/latchkey.conf:$(prefix)/lib/tmpfiles.d \
             packaging/latchkey.conf:$(docdir)/examples platform/codes:$(sharedir)
our_folders := $(configdir)/conf.d $(configdir) $(helperdir) $(sharedir) \
               $(docdir)/examples $(docdir)
# The texts are written with Debian's folders in them.
placed := sed -e 's|/usr/libexec/latchkey|$(helperdir)|g' -e 's|/usr/share/latchkey|$(sharedir)|g' \
              -e 's|/var/lib/latchkey|$(statedir)|g' -e 's|/run/latchkey|$(runtimedir)|g' \
              -e 's|/etc/latchkey|$(configdir)|g' -e 's|/usr/sbin/latchkey|$(sbindir)/latchkey|g'

## install: copy everything below DESTDIR (packages are made by `make deb`)
install: all
	@set -e; put() { echo "  $$2"; $(INSTALL) -D -m "$$3" "$$1" "$(DESTDIR)$$2"; }; \
	$(INSTALL) -d "$(DESTDIR)$(configdir)/conf.d"; \
	for pair in $(programs); do put "$${pair%%:*}" "$${pair#*:}/$$(basename "$${pair%%:*}")" 755; done; \
	for pair in $(modules); do put "$${pair%%:*}" "$${pair#*:}/$$(basename "$${pair%%:*}")" 644; done; \
	for pair in $(texts); do $(placed) "$${pair%%:*}" | \
	    put /dev/stdin "$${pair#*:}/$$(basename "$${pair%%:*}")" 644; done

## uninstall: remove what install copied; configuration and state stay
uninstall:
	@for pair in $(programs) $(modules) $(texts); do \
	    rm -f "$(DESTDIR)$${pair#*:}/$$(basename "$${pair%%:*}")"; done; \
	for folder in $(our_folders); do \
	    rmdir "$(DESTDIR)$$folder" 2>/dev/null || :; done

# debhelper wants ./debian and works beside its sources, so it gets a copy of them.
## deb: make the Debian packages in build/deb
deb:
	rm -rf $B/deb && mkdir -p $B/deb/src
	tar -c --exclude=./.git --exclude='./build*' --exclude=node_modules . | tar -x -C $B/deb/src
	cp -r packaging/debian $B/deb/src/debian
	sed -i '1s/(.*)/($(VERSION))/' $B/deb/src/debian/changelog
	cd $B/deb/src && env -u MAKEFLAGS -u CFLAGS -u CPPFLAGS -u LDFLAGS \
	    DEB_BUILD_OPTIONS="nocheck noautodbgsym parallel=$$(nproc)" dpkg-buildpackage -us -uc -b
	rm -rf $B/deb/src

# Checks. Unit tests want folders of their own instead of the machine's, so they are built
# apart, with the helper and the modules that they try; and the PAM module once more, with
# short deadlines, a lying helper and a local passwd file of its own. ---------------------
# With B given, everything is below it, so that two people can test in one tree.
below      := $(if $(filter command line,$(origin B)),$B/,build-)
check_b    := $(below)check
sanitized_b:= $(below)sanitized
threads_b  := $(below)threads
fuzz_b     := $(below)fuzz
timing_b   := $(below)timing
own_folders = helperdir=$(abspath $(1)) statedir=$(abspath $(1))/state configdir=$(abspath $(1))/etc runtimedir=$(abspath $(1))/run \
              sharedir=$(abspath $(1))/share
flow       := helperdir=$(abspath $B)/flow runtimedir=$(abspath $B)/flow/run \
              local_passwd=$(abspath $B)/flow/passwd \
              CPPFLAGS='-DRELAY_WAIT_MS=4000 -DFRAME_SILENCE_MS=1500'
sanitized  := hardening_cflags= hardening_ldflags= \
              CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all' \
              LDFLAGS='-fsanitize=address,undefined'

fuzzing    := CC=clang CPPFLAGS=-DFUZZER hardening_cflags= hardening_ldflags= \
              CFLAGS='-O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
              LDFLAGS='-fsanitize=fuzzer,address,undefined'

cache_tools := damage fuzz_snapshot buffers hostile_publisher
threaded   := test_nss_process test_nss_file test_nss_mapped

## check: the quick tests, in less than a minute
check: check-build
	@$(MAKE) --no-print-directory B=$(check_b) run-units
	tests/test_jws_verify.py $(check_b)/tests/jws_verify
	tests/layers.sh
	tests/format.sh
	tests/modules.sh $(check_b)/$(notdir $(pam)) $(check_b)/$(notdir $(nss))
	tests/docs.sh
	tests/nsswitch.sh
	tests/install.sh "$(MAKE)" $(check_b)

check-build:
	@$(MAKE) --no-print-directory -j$$(nproc) B=$(check_b) werror=-Werror $(call own_folders,$(check_b)) \
	    CPPFLAGS=-DEVEN_MS=20 all unit-programs

unit-programs: $(tests) $(tools)
	@$(MAKE) --no-print-directory B=$B/flow $(flow) $B/flow/$(notdir $(pam))

run-units:
	@tests/units.sh $B

## check-sanitized: the unit tests under the address and undefined behaviour sanitizers
check-sanitized:
	@$(MAKE) --no-print-directory -j$$(nproc) B=$(sanitized_b) $(sanitized) \
	    $(call own_folders,$(sanitized_b)) all unit-programs
	@$(MAKE) --no-print-directory B=$(sanitized_b) run-units

## check-static: clang-tidy, cppcheck, shellcheck, banned calls
# Forks with threads are what ThreadSanitizer is told to bear with: that is what is tried here.
check-threads:
	@$(MAKE) --no-print-directory -j$$(nproc) B=$(threads_b) hardening_cflags= hardening_ldflags= \
	    CFLAGS='-O1 -g -fsanitize=thread' LDFLAGS='-fsanitize=thread' $(call own_folders,$(threads_b)) \
	    $(threads_b)/$(notdir $(nss)) $(threaded:%=$(threads_b)/tests/%)
	@for test in $(threaded); do TSAN_OPTIONS=die_after_fork=0 $(threads_b)/tests/$$test || exit; done

check-static:
	tests/static.sh

## test-platform: the platform client against an emulated platform
test-platform: check-build
	tests/test_platform.py $(check_b)/tests/platform_probe

## test-sign-in: whole sign-ins with helper, store and snapshot against an emulated platform
test-sign-in: check-build
	$(check_b)/tests/guesses
	$(check_b)/tests/clock
	tests/test_sign_in.py $(check_b)

## test-outage: outages and refusals of every kind, and the emulated platform against its documentation
test-outage: check-build
	tests/test_emulator.py
	tests/test_outage.py $(check_b)
	$(check_b)/tests/fleet packaging/systemd/latchkey-probe.timer
	$(check_b)/tests/thirty_days packaging/systemd/latchkey-probe.timer

## test-people: a host full of people: import, export, snapshot and store commands as root uses them
test-people: check-build
	tests/test_people_command.py $(check_b)

## test-cache: damage, kills, faults, hostile names, ids and lengths of buffers, a slice of them (FULL=1: all; PARTS='store ids': only these)
test-cache: check-build
	@$(MAKE) --no-print-directory -j$$(nproc) B=$(sanitized_b) $(sanitized) \
	    $(call own_folders,$(sanitized_b)) $(sanitized_b)/$(notdir $(nss)) \
	    $(cache_tools:%=$(sanitized_b)/tests/%)
	@$(MAKE) --no-print-directory -j$$(nproc) B=$(threads_b) hardening_cflags= hardening_ldflags= \
	    CFLAGS='-O1 -g -fsanitize=thread' LDFLAGS='-fsanitize=thread' $(call own_folders,$(threads_b)) \
	    $(threads_b)/$(notdir $(nss)) $(threads_b)/tests/hostile_publisher
	$(if $(FULL),@$(MAKE) --no-print-directory -j$$(nproc) B=$(fuzz_b) $(fuzzing) $(fuzz_b)/tests/fuzz_snapshot)
	tests/cache.sh $(check_b) $(sanitized_b) $(threads_b) $(if $(FULL),$(fuzz_b))

## emulator: an identity platform to try things with, and the configuration for it; Ctrl-C ends it
emulator:
	@exec /usr/bin/python3 -B -W ignore::DeprecationWarning tests/emulator/byhand.py

## test-container: the packages, checked and then used in a container with systemd, sshd, login, su and sudo (FULL=1: 5,000 random names at sshd)
test-container: deb
	tests/packages.sh $B/deb; status=$$?; for story in story first passwords background codes; do \
	    LATCHKEY_PACKAGES=$B/deb tests/container/$$story.py || status=1; done; exit $$status

## deps: install what building and testing need
deps:
	tests/deps.sh

## demo: the main job in a throwaway container, as a readable transcript
demo: deps deb
	LATCHKEY_PACKAGES=$B/deb tests/container/demo.py

## bench: what a sign-in costs, in a container, bench-outage, bench-timing and bench-nss
bench: deps deb $B/tests/bench_login bench-nss bench-outage bench-timing
	LATCHKEY_PACKAGES=$B/deb tests/container/bench.py $B/tests/bench_login

## bench-outage: what a sign-in costs that meets an outage, beside what it may cost
bench-outage: check-build
	tests/bench_outage.py $(check_b)

# Cheap derivations, for everybody alike: ten thousand tries in half an hour.
## bench-timing: what the time of a refusal tells of unknown, disabled, locked and wrong (TRIES=2000 of each)
bench-timing:
	@$(MAKE) --no-print-directory -j$$(nproc) B=$(timing_b) CPPFLAGS=-DVERIFIER_COST=1 \
	    $(call own_folders,$(timing_b)) all
	tests/bench_timing.py $(timing_b) $(TRIES)

## bench-nss: what lookups cost, next to other NSS modules (SIZES='1000 100000'; FULL=1: and a million people)
bench-nss: deps deb $B/tests/bench_nss
	tests/container/bench_nss.py $B

## test: everything; the last line is the sum
test: deps
	tests/all.sh build-logs "$(MAKE)"

## format: run clang-format over every source file
format:
	clang-format -i $(wildcard */*.c */*.h)

## help: list the targets
help:
	@sed -n 's/^## //p' Makefile

## clean: remove what was built
clean:
	rm -rf build build-*

## distclean: clean, and remove what the tests fetched into the tree
distclean: clean
	rm -rf tests/provider/node_modules
	find tests -name __pycache__ -prune -exec rm -rf {} +

.PHONY: all install uninstall deb check check-build unit-programs run-units check-sanitized check-threads check-static \
        test-platform test-sign-in test-outage test-people test-cache emulator test-container deps demo bench bench-nss bench-outage bench-timing test format help clean distclean
.SECONDARY:
.DELETE_ON_ERROR:
-include $(shell find $B -type f -name '*.d' 2>/dev/null)
