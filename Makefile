# SPDX-License-Identifier: MIT
# mtrlua. `make` builds everything into build/; `make help` lists the targets. V=1 shows commands,
# DESTDIR, PREFIX, LIBDIR and LUADIR place the installation, SECONDS is the length of each fuzz run.
VERSION = 0.1.0
PREFIX = /usr/local
LIBDIR = $(PREFIX)/lib
LUADIR = $(PREFIX)/share/lua/5.1
SECONDS = 30
DEPS = .ci/deps
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS = -O2 -g
FLAGS = -std=c11 -D_GNU_SOURCE $(CFLAGS) -fPIC -fno-semantic-interposition -Wall -Wextra \
  -Wconversion -Werror -Icore -MMD -MP
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
PUBLIC = -Wl,--version-script=build/mtr.map
SHARED = -shared -luv -Wl,-z,nodelete -Wl,--no-undefined $(LDFLAGS)
HOST = -rdynamic $(PUBLIC) -lluajit-5.1 -luv $(LDFLAGS)
$(if $(V),,$(eval .SILENT:))
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps demo test asan lint bench fuzz deb install install-lua rock install-rock uninstall \
  clean help

SRC := $(wildcard $(patsubst %,core/%/*.c,base wire probe net net/* loop api)) build/words.c
PROGRAM := $(wildcard core/program/*.c) core/main.c build/embed.c
LUA := $(sort $(shell find lua -name '*.lua')) build/lua/mtr/cdef.lua
DIRS := $(shell find core lua -type d)
FUZZ := $(filter-out replay,$(notdir $(basename $(wildcard spec/fuzz/*.c))))
ASAN := $(addprefix build/asan/,libmtr.so test/libmtrtest.so mtrlua $(FUZZ:%=replay/%))

# The Debian packages that each goal needs.
BUILD_NEEDS = gcc libc6-dev pkg-config libluajit-5.1-dev libuv1-dev lua-argparse
LAB_NEEDS = luajit iproute2 nftables lua-cjson
PEER_NEEDS = $(LAB_NEEDS) mtr-tiny scamper traceroute
HOST_NEEDS = lua-luv lua-cqueues lua-copas lua-socket neovim tarantool curl
BENCH_NEEDS = $(PEER_NEEDS) $(HOST_NEEDS) $(FLEET_NEEDS) clang libbpf-dev ethtool masscan zmap
FLEET_NEEDS = libhiredis-dev redis-server redis-tools
TEST_NEEDS = $(PEER_NEEDS) $(HOST_NEEDS) $(FLEET_NEEDS) ethtool g++ graphviz jq libcap2-bin lua-busted \
  lua5.1 luarocks netbase procps python3-jsonschema python3-prometheus-client sqlite3
LINT_NEEDS = luajit lua-check clang libclang-rt-dev
DEB_NEEDS = build-essential debhelper lintian libcap2-bin luajit lua-busted
for = $(if $(filter deps $(1),$(MAKECMDGOALS)),$(2))
NEEDS = $(sort $(BUILD_NEEDS) $(call for,demo,$(LAB_NEEDS)) $(call for,bench,$(BENCH_NEEDS)) \
  $(call for,test asan,$(TEST_NEEDS)) $(call for,lint fuzz,$(LINT_NEEDS)) \
  $(call for,deb,$(DEB_NEEDS)))

all: $(addprefix build/,mtrlua libmtr.so.0 libmtr.a mtr.pc test/libmtrtest.so) ## build (default)

deps: ## install Debian packages for the other goals named; alone: for all goals
	$(DEPS) $(NEEDS)

# How to compile and link: variant(directory under build, compiler with its own flags).
objects = $(2:%.c=build/$(1)obj/%.o)
define variant
build/$(1)obj/%.o: %.c Makefile | deps
	mkdir -p $$(@D); echo "  CC $$@"; $(2) $$(FLAGS) $$(EXTRA) -c -o $$@ $$<
build/$(1)obj/build/embed.o: $$(LUA)
build/$(1)obj/core/program/%.o: EXTRA = $$$$(pkg-config --cflags luajit) -DVERSION='"$(VERSION)"'
build/$(1)libmtr.so: $(call objects,$(1),$(SRC)) build/mtr.map $(DIRS)
	echo "  LD $$@"; $(2) -o $$@ $$(filter %.o,$$^) $$(SHARED) $$(PUBLIC) -Wl,-soname,libmtr.so.0
build/$(1)test/libmtrtest.so: $(call objects,$(1),$(SRC)) $(DIRS)
	mkdir -p $$(@D); echo "  LD $$@"; $(2) -o $$@ $$(filter %.o,$$^) $$(SHARED)
build/$(1)mtrlua: $(call objects,$(1),$(SRC) $(PROGRAM)) build/mtr.map $(DIRS)
	echo "  LD $$@"; $(2) -o $$@ $$(filter %.o,$$^) $$(HOST)
endef
$(eval $(call variant,,$$(CC)))
$(eval $(call variant,clang/,clang))
$(eval $(call variant,asan/,gcc $(SANITIZE)))
$(eval $(call variant,fuzz/,clang $(SANITIZE) -fsanitize=fuzzer-no-link))
$(eval $(call variant,tsan/,gcc -fsanitize=thread))
build/tsan/threads: $(call objects,tsan/,spec/support/real/threads.c $(SRC))
	echo "  LD $@"; gcc -fsanitize=thread -o $@ $^ -luv
build/asan/replay/%: $(call objects,asan/,spec/fuzz/%.c spec/fuzz/replay.c $(SRC))
	mkdir -p $(@D); gcc $(SANITIZE) -o $@ $^ -luv
build/fuzz/%: build/fuzz/obj/spec/fuzz/%.o $(call objects,fuzz/,$(SRC))
	clang $(SANITIZE) -fsanitize=fuzzer -o $@ $^ -luv
-include $(shell find build -name '*.d' 2>/dev/null)

build/libmtr.so.0: build/libmtr.so
	ln -sf libmtr.so $@
build/libmtr.a: $(call objects,,$(SRC)) build/mtr.syms $(DIRS)
	echo "  AR $@"; rm -f $@; $(CC) -r -nostdlib -o build/libmtr.o $(filter %.o,$^)
	objcopy --keep-global-symbols=build/mtr.syms build/libmtr.o; ar rcs $@ build/libmtr.o
build/mtr.cdef: core/mtr.h Makefile | deps
	mkdir -p $(@D); sed '/^#include/d; s/__extension__ //' $< | $(CC) -E -P - >$@
build/mtr.syms: build/mtr.cdef
	grep -o 'mtr_[a-z0-9_]*(' $< | tr -d '(' >$@
build/mtr.map: build/mtr.syms
	(echo '{ global:'; sed 's/$$/;/' $<; echo 'local: *; };') >$@
build/lua/mtr/cdef.lua: build/mtr.cdef
	mkdir -p $(@D); (echo 'return [==['; cat $<; echo ']==]') >$@
# The words of stop reasons, events, flags and capabilities are the names of their constants in
# mtr.h, in small letters.
build/words.c: core/api/words.awk build/mtr.cdef
	awk -f $< build/mtr.cdef >$@
build/embed.c: core/program/embed.awk $(LUA) $(filter lua%,$(DIRS))
	printf '%s\n' $(LUA) | awk -f $< >$@
# A program that is linked statically needs libuv's archive, for which Debian has a file of its own.
build/mtr.pc: Makefile | deps
	mkdir -p $(@D); for uv in libuv-static libuv; do pkg-config --exists $$uv && break; done; \
	printf '%s\n' prefix= libdir= 'Name: libmtr' 'Description: traceroute engine' \
	  'Version: $(VERSION)' 'Cflags: -I$${prefix}/include' 'Libs: -L$${libdir} -lmtr' \
	  "Requires.private: $$uv" >$@

# FAKENET is the fake internet of spec/lab/fakenet; LOAD adds XDP and mini for the bench.
FAKENET = build/fakenet/respond build/fakenet/truth
LOAD = $(FAKENET) build/fakenet/attach build/fakenet/xdp.o build/perf/mini
plain = mkdir -p $(@D); echo "  LD $@"; $(CC) $(filter-out -M%,$(FLAGS)) -o $@ $(filter %.c,$^)
build/fakenet/%: spec/lab/fakenet/%.c spec/lab/fakenet/settings.c spec/lab/fakenet/*.h | deps
	$(plain) $(if $(filter attach,$*),-lbpf)
build/fakenet/xdp.o: spec/lab/fakenet/xdp.c spec/lab/fakenet/*.h | deps
	mkdir -p $(@D); clang -target bpf -std=gnu11 -O2 -g -Wall -Wextra -Wconversion -Werror \
	  -I/usr/include/$$($(CC) -dumpmachine) -c -o $@ $<
build/perf/mini: $(wildcard spec/perf/yardsticks/mini*.c) $(wildcard spec/perf/yardsticks/mini*.h) | deps
	$(plain)

demo: all ## send real traces through networks of namespaces
	sh spec/lab/demo.sh

# nginx and its Lua module cannot be installed beside luajit.
build/nginx/ready: spec/support/real/nginx.sh | deps
	sh $<

SPECS = luajit spec/support/harness/parallel.lua
test: all $(FAKENET) build/nginx/ready build/tsan/threads ## run the specs, several files at once
	$(SPECS) $(wildcard spec/unit spec/sim spec/regress spec/net)

# Leaks are not checked: LeakSanitizer does not look into LuaJIT's heap, so it would report all
# memory that only Lua points to. The specs count slots, descriptors and bytes themselves.
asan: all $(ASAN) ## run specs and fuzz inputs with sanitizers (except spec/net)
	ln -sfn ../scripts build/scripts # where build/asan/mtrlua looks for them
	for f in $(FUZZ); do build/asan/replay/$$f spec/fuzz/corpus/$$f/* || exit 1; done
	LD_PRELOAD=$$(gcc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0 \
	MTR_LIB=$$PWD/build/asan/libmtr.so MTR_TESTLIB=$$PWD/build/asan/test/libmtrtest.so \
	MTR_PROGRAM=$$PWD/build/asan/mtrlua $(SPECS) $(wildcard spec/unit spec/sim spec/regress)

lint: all build/clang/mtrlua ## check warnings of gcc and clang, luacheck, style
	luacheck -q --no-color .
	luajit spec/support/style/lint.lua

bench: all $(LOAD) ## measure speed and memory
	sh spec/perf/bench.sh

fuzz: $(FUZZ:%=build/fuzz/%) ## search for input that breaks a parser
	for f in $(FUZZ); do mkdir -p build/fuzz/corpus/$$f; build/fuzz/$$f -max_total_time=$(SECONDS) \
	  -artifact_prefix=build/fuzz/ build/fuzz/corpus/$$f spec/fuzz/corpus/$$f || exit 1; done

DEST = "$(DESTDIR)$(PREFIX)"
LIB = "$(DESTDIR)$(LIBDIR)"
NVIM := $(shell find scripts/nvim -type f)
install-lua: $(LUA)
	for f in $(LUA); do install -Dm644 $$f "$(DESTDIR)$(LUADIR)"/$${f#*lua/} || exit; done

install: all install-lua ## install into DESTDIR/PREFIX
	install -Dt $(DEST)/bin build/mtrlua
	install -Dm644 -t $(DEST)/include core/mtr.h
	install -Dm644 -t $(LIB) build/libmtr.a build/libmtr.so.0
	ln -sf libmtr.so.0 $(LIB)/libmtr.so
	sed 's,^prefix=,&$(PREFIX),; s,^libdir=,&$(LIBDIR),' build/mtr.pc | \
	  install -Dm644 /dev/stdin $(LIB)/pkgconfig/mtr.pc
	install -D -t $(DEST)/share/mtrlua/scripts $(wildcard scripts/*.lua)
	for f in $(NVIM); do \
	  install -Dm644 $$f $(DEST)/share/nvim/site/$${f#scripts/nvim/} || exit; done
	install -Dm644 -t $(DEST)/share/mtrlua/scripts/examples/nginx scripts/examples/nginx/mtr.conf
	install -Dm644 -t $(DEST)/share/mtrlua lua/mtr/record/result.schema.json
	[ "$(DESTDIR)" ] || [ $$(id -u) != 0 ] || ldconfig

# What scripts/rockspec builds and installs: the Lua files and the library that they load.
rock: build/libmtr.so build/lua/mtr/cdef.lua
install-rock: rock install-lua
	install -Dm644 -t $(LIB)/mtr build/libmtr.so

uninstall: ## remove what install has installed
	rm -rf $(DEST)/share/mtrlua "$(DESTDIR)$(LUADIR)"/mtr
	rm -f $(NVIM:scripts/nvim/%=$(DEST)/share/nvim/site/%)
	rm -f $(DEST)/bin/mtrlua $(DEST)/include/mtr.h $(LIB)/libmtr.* $(LIB)/pkgconfig/mtr.pc

# The packages are built of a copy, because their description must be in debian/ at its top.
# The manual of mtrlua is its --help.
DEB = build/deb/mtrlua-$(VERSION)
deb: | deps ## build the Debian packages into build/deb
	rm -rf build/deb; mkdir -p $(DEB)
	cp -R core lua scripts Makefile README.md LICENSE $(DEB); mv $(DEB)/scripts/debian $(DEB)
	[ $(VERSION) = $$(dpkg-parsechangelog -l $(DEB)/debian/changelog -S Version) ] || \
	  { echo 'scripts/debian/changelog is of another version than the Makefile' >&2; exit 1; }
	cd $(DEB); dpkg-buildpackage -us -uc -b
	lintian --allow-root --fail-on error,warning --suppress-tags no-manual-page build/deb/*.changes

clean: ## remove build/
	rm -rf build

help: ## print this list
	sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12
