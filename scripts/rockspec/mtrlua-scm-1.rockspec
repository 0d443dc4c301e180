-- SPDX-License-Identifier: MIT
--
-- Builds and installs the Lua module mtr with its library, in a checkout of mtrlua and without
-- network: luarocks --lua-version 5.1 make scripts/rockspec/mtrlua-scm-1.rockspec
--
-- The library goes beside the modules in C, as mtr/libmtr.so, where lua/mtr/lib.lua looks first.

rockspec_format = "3.0"
package = "mtrlua"
version = "scm-1"
source = { url = "git+file://." }
description = {
  summary = "A traceroute engine that you program in Lua, for LuaJIT",
  license = "MIT",
}
dependencies = { "lua == 5.1" }
external_dependencies = {
  LIBUV = { header = "uv.h", library = "uv" }, CARES = { header = "ares.h", library = "cares" },
}
build = {
  type = "make",
  build_target = "rock",
  install_target = "install-rock",
  build_variables = { DEPS = "true", CC = "$(CC)" },
  install_variables = { DEPS = "true", LUADIR = "$(LUADIR)", LIBDIR = "$(LIBDIR)" },
}
