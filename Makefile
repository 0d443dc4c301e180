# SPDX-License-Identifier: MIT
# mtrlua. `make` builds everything into build/; `make help` lists the targets. V=1 shows commands,
# DESTDIR, PREFIX, LIBDIR, LUADIR and ZSHDIR place the installation, SECONDS is the length of each
# fuzz run.
VERSION = 0.1.0
PREFIX = /usr/local
LIBDIR = $(PREFIX)/lib
LUADIR = $(PREFIX)/share/lua/5.1
ZSHDIR = $(PREFIX)/share/zsh/site-functions
SECONDS = 30
DEPS = .ci/deps
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
CFLAGS = -O2 -g
FLAGS = -std=c11 -D_GNU_SOURCE $(CFLAGS) -fPIC -fno-semantic-interposition -Wall -Wextra \
  -Wconversion -Werror -Icore -MMD -MP
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
PUBLIC = -Wl,--version-script=build/mtr.map
SHARED = -shared -luv -lcares -Wl,-z,nodelete -Wl,--no-undefined $(LDFLAGS)
HOST = -rdynamic $(PUBLIC) -lluajit-5.1 -luv -lcares $(LDFLAGS)
$(if $(V),,$(eval .SILENT:))
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all deps demo test test-lua asan lint bench fuzz doc deb install install-lua rock \
  install-rock uninstall clean help

SRC := $(wildcard $(patsubst %,core/%/*.c,base wire probe net net/* loop api)) build/words.c
PROGRAM := $(wildcard core/program/*.c) core/main.c build/embed.c
HELPER := $(wildcard core/sockets/*.c) core/net/raw/sockets.c core/net/host/filter.c \
  core/wire/fragment.c
FUZZED := $(SRC) $(filter-out %/main.c,$(wildcard core/sockets/*.c))
LUA := $(sort $(shell find lua -name '*.lua')) build/lua/mtr/cdef.lua \
  build/lua/mtr/report/html/page.lua
DIRS := $(shell find core lua -type d)
FUZZ := $(filter-out replay,$(notdir $(basename $(wildcard spec/fuzz/*.c))))
ASAN := $(addprefix build/asan/,libmtr.so test/libmtrtest.so mtrlua $(FUZZ:%=replay/%))

# The Debian packages that each goal needs.
BUILD_NEEDS = gcc libc6-dev pkg-config luajit libluajit-5.1-dev libuv1-dev \
  libc-ares-dev lua-argparse
LAB_NEEDS = luajit iproute2 nftables lua-cjson
PEER_NEEDS = $(LAB_NEEDS) iputils-tracepath mtr-tiny scamper traceroute
HOST_NEEDS = lua-luv lua-cqueues lua-copas lua-socket neovim tarantool curl
LUA_NEEDS = lua5.1 liblua5.1-0-dev lua5.4 liblua5.4-dev lua-busted
BENCH_NEEDS = $(PEER_NEEDS) $(HOST_NEEDS) $(LUA_NEEDS) $(FLEET_NEEDS) clang libbpf-dev ethtool \
  masscan zmap
TEST_NEEDS = $(PEER_NEEDS) $(HOST_NEEDS) $(LUA_NEEDS) $(FLEET_NEEDS) ethtool g++ graphviz jq \
  libcap2-bin luarocks netbase procps python3-jsonschema python3-prometheus-client sqlite3 \
  libmaxminddb0 lua-busted lua5.1 tmux man-db mandoc zsh chromium
LINT_NEEDS = luajit lua-check clang libclang-rt-dev liblua5.4-dev
DEB_NEEDS = build-essential debhelper lintian libcap2-bin luajit lua-busted lua5.1 lua5.4 \
  $(foreach v,5.1-0 5.2 5.3 5.4,liblua$v-dev)
FLEET_NEEDS = libhiredis-dev openssl redis-server redis-tools stunnel4
for = $(if $(filter deps $(1),$(MAKECMDGOALS)),$(2))
NEEDS = $(sort $(BUILD_NEEDS) $(call for,demo,$(LAB_NEEDS)) $(call for,bench,$(BENCH_NEEDS)) \
  $(call for,test asan test-lua,$(TEST_NEEDS)) $(call for,lint fuzz,$(LINT_NEEDS)) \
  $(call for,deb,$(DEB_NEEDS)))

# The versions of PUC Lua whose headers are installed, now or by deps, and their module mtr.ffi.
PUC := $(foreach v,5.1 5.2 5.3 5.4,$(if $(or $(filter liblua$v-%,$(NEEDS)),$\
  $(shell pkg-config --exists lua$v 2>/dev/null && echo yes)),$v))
PUC_SRC := $(wildcard core/puc/*.c) build/puc/declared.c
PUC_MODULES = $(PUC:%=build/puc/%/mtr/ffi.so)

ALL = $(addprefix build/,mtrlua mtr-sockets libmtr.so.0 libmtr.a mtr.pc test/libmtrtest.so) \
  $(PUC_MODULES)
all: $(ALL) doc ## build (default)

deps: ## install Debian packages for the other goals named; alone: for all goals
	$(DEPS) $(NEEDS)

# How to compile and link: variant(directory under build, compiler with its own flags).
objects = $(2:%.c=build/$(1)obj/%.o)
define variant
build/$(1)obj/%.o: %.c Makefile | deps
	mkdir -p $$(@D); echo "  CC $$@"; $(2) $$(FLAGS) $$(EXTRA) -c -o $$@ $$<
build/$(1)obj/core/program/%.o: EXTRA = $$$$(pkg-config --cflags luajit) -DVERSION='"$(VERSION)"'
build/$(1)libmtr.so: $(call objects,$(1),$(SRC)) build/mtr.map $(DIRS)
	echo "  LD $$@"; $(2) -o $$@ $$(filter %.o,$$^) $$(SHARED) $$(PUBLIC) -Wl,-soname,libmtr.so.0
build/$(1)test/libmtrtest.so: $(call objects,$(1),$(SRC)) $(DIRS)
	mkdir -p $$(@D); echo "  LD $$@"; $(2) -o $$@ $$(filter %.o,$$^) $$(SHARED)
build/$(1)mtr-sockets: $(call objects,$(1),$(HELPER)) $(DIRS)
	echo "  LD $$@"; $(2) -o $$@ $$(filter %.o,$$^) -Wl,-z,relro,-z,now $(LDFLAGS)
build/$(1)mtrlua: $(call objects,$(1),$(SRC) $(PROGRAM)) build/mtr.map $(DIRS)
	echo "  LD $$@"; $(2) -o $$@ $$(filter %.o,$$^) $$(HOST)
endef
$(eval $(call variant,,$$(CC)))
$(eval $(call variant,clang/,clang))
$(eval $(call variant,asan/,gcc $(SANITIZE)))
$(eval $(call variant,fuzz/,clang $(SANITIZE) -fsanitize=fuzzer-no-link))
$(eval $(call variant,tsan/,gcc -fsanitize=thread))
build/tsan/threads: $(call objects,tsan/,spec/support/real/threads.c $(SRC))
	echo "  LD $@"; gcc -fsanitize=thread -o $@ $^ -luv -lcares
# fail.so makes calls of the C library fail; faults is a program in which each fails in turn.
build/test/fail.so: spec/support/real/fail.c spec/support/real/fail.h Makefile
	mkdir -p $(@D); echo "  LD $@"; $(CC) $(filter-out -M%,$(FLAGS)) -shared -Wl,-soname,fail.so -o $@ $<
build/test/faults: $(call objects,,spec/support/real/faults.c $(SRC)) build/test/fail.so
	echo "  LD $@"; $(CC) -rdynamic -o $@ $^ -luv -lcares -Wl,-rpath,'$$ORIGIN'
build/asan/replay/%: $(call objects,asan/,spec/fuzz/%.c spec/fuzz/replay.c $(FUZZED))
	mkdir -p $(@D); gcc $(SANITIZE) -o $@ $^ -luv -lcares
build/fuzz/%: build/fuzz/obj/spec/fuzz/%.o $(call objects,fuzz/,$(FUZZED))
	clang $(SANITIZE) -fsanitize=fuzzer -o $@ $^ -luv -lcares
-include $(shell find build -name '*.d' -type f 2>/dev/null)

# The module mtr.ffi of one version of PUC Lua: puc(directory under build, compiler with its flags).
define puc
build/$(1)puc/%/mtr/ffi.so: $$(PUC_SRC) $$(wildcard core/puc/*.h) core/mtr.h Makefile $$(DIRS) | deps
	mkdir -p $$(@D); echo "  LD $$@"; $(2) $$(filter-out -M%,$$(FLAGS)) -fvisibility=hidden \
	  $$$$(pkg-config --cflags lua$$*) -shared -o $$@ $$(PUC_SRC) $$(LDFLAGS)
endef
$(eval $(call puc,,$$(CC)))
$(eval $(call puc,clang/,clang))
$(eval $(call puc,asan/,gcc $(SANITIZE)))
build/puc/declared.c: core/puc/declare.lua build/mtr.cdef lua/mtr/foreign.lua core/puc/parse.lua \
    build/mtrlua
	mkdir -p $(@D); build/mtrlua $(filter-out build/mtrlua,$^) >$@

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
# The page of the reporter html, as a Lua table. Its script and its style are named in the page by
# their SHA-256, so a browser runs nothing else.
PAGE = lua/mtr/report/html
SCRIPT := $(addprefix $(PAGE)/,$(addsuffix .js,dom data filter words layout graph table panels \
  detail time main))
hash = $$(env printf "$$(sha256sum $(1) | cut -c-64 | sed 's/../\\x&/g')" | base64)
build/lua/mtr/report/html/page.lua: $(SCRIPT) $(PAGE)/page.css $(PAGE)/page.html Makefile | deps
	mkdir -p $(@D); cat $(SCRIPT) >build/page.js
	(echo 'return {'; for part in script:build/page.js style:$(PAGE)/page.css \
	  body:$(PAGE)/page.html; do echo "$${part%%:*} = [==["; cat $${part#*:}; echo ']==],'; done; \
	  echo "script_hash = \"$(call hash,build/page.js)\","; \
	  echo "style_hash = \"$(call hash,$(PAGE)/page.css)\" }") >$@
# The words of stop reasons, events, flags and capabilities are the names of their constants in
# mtr.h, in small letters.
build/words.c: core/api/words.awk build/mtr.cdef
	awk -f $< build/mtr.cdef >$@
build/embed.c: core/program/embed.lua core/program/dump.lua $(LUA) $(filter lua%,$(DIRS))
	mkdir -p build/embed; printf '%s\n' $(LUA) | luajit $< build/embed >$@
# A program that is linked statically needs libuv's archive, for which Debian has a file of its own.
build/mtr.pc: Makefile | deps
	mkdir -p $(@D); for uv in libuv-static libuv; do pkg-config --exists $$uv && break; done; \
	printf '%s\n' prefix= libdir= 'Name: libmtr' 'Description: traceroute engine' \
	  'Version: $(VERSION)' 'Cflags: -I$${prefix}/include' 'Libs: -L$${libdir} -lmtr' \
	  "Requires.private: $$uv libcares" >$@

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
# Debian 13 has no ClickHouse. Its spec says so.
build/clickhouse/ready: spec/support/real/clickhouse.sh | deps
	-sh $<

PUC_SPECS = spec/unit/lua spec/unit/puc spec/sim
PUC_QUICK = spec/unit/lua/base spec/unit/lua/wait spec/unit/lua/record spec/unit/puc
SPECS = luajit spec/support/harness/parallel.lua
test: all $(FAKENET) build/nginx/ready build/clickhouse/ready build/tsan/threads build/test/faults ## run the specs, several files at once
	$(SPECS) $(wildcard spec/unit spec/sim spec/regress spec/net) $(PUC_QUICK:%=lua5.4:%)

# The Lua layer in every Lua that is here. `make test` runs PUC_QUICK in Lua 5.4.
test-lua: all ## run the specs of the Lua layer in PUC Lua, and in LuaJIT without its compiler
	$(SPECS) $(foreach l,lua5.1 lua5.4 luajit%-joff,$(foreach p,$(PUC_SPECS),'$(subst %, ,$l):$p'))

# Leaks are not checked: LeakSanitizer does not look into LuaJIT's heap, so it would report all
# memory that only Lua points to. The specs count slots, descriptors and bytes themselves. A Lua must
# have the sanitizer before it loads our library, so the specs and what they start find such Luas in
# build/asan/bin. Other programs would only start more slowly with it.
asan: all $(ASAN) $(PUC_MODULES:build/%=build/asan/%) ## run specs and fuzz inputs with sanitizers (except spec/net)
	ln -sfn ../scripts build/scripts # where build/asan/mtrlua looks for them
	for f in $(FUZZ); do build/asan/replay/$$f spec/fuzz/corpus/$$f/* || exit 1; done
	mkdir -p build/asan/bin; for lua in luajit $(PUC:%=lua%); do \
	  path=$$(command -v $$lua) || continue; \
	  printf '#!/bin/sh\nLD_PRELOAD=%s exec %s "$$@"\n' "$$(gcc -print-file-name=libasan.so)" $$path \
	    >build/asan/bin/$$lua; chmod +x build/asan/bin/$$lua; done
	export PATH="$$PWD/build/asan/bin:$$PATH"; ASAN_OPTIONS=detect_leaks=0 \
	MTR_LIB=$$PWD/build/asan/libmtr.so MTR_TESTLIB=$$PWD/build/asan/test/libmtrtest.so \
	MTR_PROGRAM=$$PWD/build/asan/mtrlua MTR_PUC=build/asan/puc \
	LUA_CPATH_5_4="$$PWD/build/asan/puc/5.4/?.so;;" \
	$(SPECS) $(wildcard spec/unit spec/sim spec/regress) lua5.4:spec/unit/puc

lint: all build/clang/mtrlua build/clang/mtr-sockets $(PUC_MODULES:build/%=build/clang/%) ## check warnings of gcc and clang, luacheck, style
	luacheck -q --no-color .
	luajit spec/support/style/lint.lua

bench: all $(LOAD) ## measure speed and memory
	sh spec/perf/bench.sh

fuzz: $(FUZZ:%=build/fuzz/%) ## search for input that breaks a parser
	for f in $(FUZZ); do mkdir -p build/fuzz/corpus/$$f; build/fuzz/$$f -max_total_time=$(SECONDS) \
	  -artifact_prefix=build/fuzz/ build/fuzz/corpus/$$f spec/fuzz/corpus/$$f || exit 1; done

doc: build/doc/done ## write the manuals and the completions of shells
build/doc/done: build/mtrlua core/mtr.h $(wildcard scripts/debian/changelog debian/changelog) \
  scripts $(wildcard scripts/*.lua scripts/doc/*.lua scripts/doc/pages/*.md)
	echo "  DOC $(@D)"; rm -rf $(@D); build/mtrlua scripts/doc/main.lua $(@D); touch $@

DEST = "$(DESTDIR)$(PREFIX)"
LIB = "$(DESTDIR)$(LIBDIR)"
NVIM := $(shell find scripts/nvim -type f)
# One install for all files of a directory: below(directory, files) are those that lie in it.
below = $(foreach f,$(2),$(if $(filter $(1),$(dir $f)),$f))
install-lua: $(LUA)
	set -e; $(foreach d,$(sort $(dir $(LUA))),d=$d; \
	  install -Dm644 -t "$(DESTDIR)$(LUADIR)"/$${d#*lua/} $(call below,$d,$(LUA));)

# Members of the group mtr may run mtr-sockets, which has the privilege.
HELPER_FILE = $(DEST)/bin/mtr-sockets
PRIVILEGE = groupadd -f -r mtr; chgrp mtr $(HELPER_FILE); chmod 750 $(HELPER_FILE); \
  setcap cap_net_raw+ep $(HELPER_FILE) || chmod 4750 $(HELPER_FILE)
install: all install-lua ## install into DESTDIR/PREFIX
	install -Dt $(DEST)/bin build/mtrlua build/mtr-sockets
	install -Dm644 -t $(DEST)/include core/mtr.h
	install -Dm644 -t $(LIB) build/libmtr.a build/libmtr.so.0
	ln -sf libmtr.so.0 $(LIB)/libmtr.so
	sed 's,^prefix=,&$(PREFIX),; s,^libdir=,&$(LIBDIR),' build/mtr.pc | \
	  install -Dm644 /dev/stdin $(LIB)/pkgconfig/mtr.pc
	install -D -t $(DEST)/share/mtrlua/scripts $(wildcard scripts/*.lua)
	install -Dm644 -t $(DEST)/share/mtrlua/scripts $(wildcard scripts/*.md)
	for f in $(NVIM); do \
	  install -Dm644 $$f $(DEST)/share/nvim/site/$${f#scripts/nvim/} || exit; done
	for f in $(wildcard scripts/examples/*.*); do m=644; \
	  read -r line <$$f; [ "$${line#\#!}" = "$$line" ] || m=755; \
	  install -Dm$$m -t $(DEST)/share/mtrlua/scripts/examples $$f || exit; done
	install -Dm644 -t $(DEST)/share/mtrlua/scripts/examples/nginx scripts/examples/nginx/mtr.conf
	install -Dm644 -t $(DEST)/share/mtrlua lua/mtr/record/result.schema.json
	install -Dm644 -t $(DEST)/share/doc/mtrlua build/doc/manual.html build/doc/manual.txt
	install -Dm644 build/doc/mtrlua.bash $(DEST)/share/bash-completion/completions/mtrlua
	install -Dm644 -t "$(DESTDIR)$(ZSHDIR)" build/doc/_mtrlua
	for n in 1 3; do install -Dm644 -t $(DEST)/share/man/man$$n build/doc/man$$n/*; done
	install -Dm644 -t $(DEST)/share/man/man1 scripts/doc/pages/mtr-sockets.1
	for v in $(PUC); do install -Dm644 -t $(LIB)/lua/$$v/mtr build/puc/$$v/mtr/ffi.so || exit; done
	for v in $(filter-out 5.1,$(PUC)); do mkdir -p $(DEST)/share/lua/$$v || exit; \
	  cp -R --preserve=mode "$(DESTDIR)$(LUADIR)/mtr" $(DEST)/share/lua/$$v || exit; done
	[ "$(PUC)" ] || echo "not installed for PUC Lua: needs liblua5.4-dev, or that of another Lua"
	[ "$(DESTDIR)" ] || [ $$(id -u) != 0 ] || { ldconfig; $(PRIVILEGE); }

# What scripts/rockspec builds and installs: the Lua files and the library that they load.
rock: build/libmtr.so build/lua/mtr/cdef.lua build/lua/mtr/report/html/page.lua
install-rock: rock install-lua
	install -Dm644 -t $(LIB)/mtr build/libmtr.so

uninstall: ## remove what install has installed
	rm -rf $(DEST)/share/mtrlua $(DEST)/share/doc/mtrlua "$(DESTDIR)$(LUADIR)"/mtr
	rm -rf $(DEST)/share/lua/5.?/mtr $(LIB)/lua/5.?/mtr
	rm -f $(NVIM:scripts/nvim/%=$(DEST)/share/nvim/site/%)
	rm -f $(DEST)/share/bash-completion/completions/mtrlua "$(DESTDIR)$(ZSHDIR)"/_mtrlua
	rm -f $(addprefix $(DEST)/share/man/man1/,mtrlua*.1 mtr-sockets.1)
	rm -f $(addprefix $(DEST)/share/man/man3/,mtr-lua.3 libmtr.3)
	rm -f $(DEST)/bin/mtrlua $(DEST)/bin/mtr-sockets $(DEST)/include/mtr.h $(LIB)/libmtr.*
	rm -f $(LIB)/pkgconfig/mtr.pc

# The packages are built of a copy, because their description must be in debian/ at its top.
DEB = build/deb/mtrlua-$(VERSION)
deb: | deps ## build the Debian packages into build/deb
	rm -rf build/deb; mkdir -p $(DEB)
	cp -R core lua scripts Makefile README.md LICENSE $(DEB); mv $(DEB)/scripts/debian $(DEB)
	[ $(VERSION) = $$(dpkg-parsechangelog -l $(DEB)/debian/changelog -S Version) ] || \
	  { echo 'scripts/debian/changelog is of another version than the Makefile' >&2; exit 1; }
	cd $(DEB); dpkg-buildpackage -us -uc -b
	lintian --allow-root --fail-on error,warning build/deb/*.changes

clean: ## remove build/
	rm -rf build

help: ## print this list
	sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12
