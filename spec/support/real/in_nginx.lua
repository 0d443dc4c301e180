-- SPDX-License-Identifier: MIT
--
-- Runs a file of Lua in a request to an nginx with one worker, which is of root, and
-- writes the response and the errors of the log. Usage: luajit in_nginx.lua FILE.
local nginx = require "spec.support.real.nginx"
local run = require "spec.support.harness.run"

local missing = nginx.missing()
assert(not missing, missing)
local file = arg[1]
if file:sub(1, 1) ~= "/" then file = nginx.root() .. "/" .. file end
local server = nginx.start {
  user = "root", main = "env SCRIPT; env PORT; env BLOCKS; env HOST;",
  init_worker = 'require "mtr.host"',
  locations = { ["/"] = { "content_by_lua_file " .. file .. ";" } },
}
local body, status = server:get "/"
io.write(body)
server:stop(status == 200 and "QUIT" or "TERM")
io.stderr:write(server:log())
run.clean()
