-- SPDX-License-Identifier: MIT
--
-- A real ClickHouse server at a port of 127.0.0.1, with its data in the directory of a spec. Its
-- packages are unpacked by clickhouse.sh.
local ffi = require "ffi"
local redis = require "spec.support.real.redis"
local run = require "spec.support.harness.run"

ffi.cdef [[
int clickhouse_pid(void) __asm__("getpid");
]]

local M = {}

local TREE = "build/clickhouse"

local CONFIG = [[
<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>%d</http_port>
  <path>%s/</path>
  <tmp_path>%s/tmp/</tmp_path>
  <mark_cache_size>1048576</mark_cache_size>
  <default_profile>default</default_profile>
  <default_database>default</default_database>
  <users_config>users.xml</users_config>
</yandex>
]]

local USERS = [[
<yandex>
  <profiles><default/></profiles>
  <quotas><default/></quotas>
  <users><iris>
    <password>s e</password>
    <networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
  </iris></users>
</yandex>
]]

local ClickHouse = {}
ClickHouse.__index = ClickHouse

---Why there can be no ClickHouse here; nil: there can.
---@return string?
function M.missing()
  local got = run.run("sh spec/support/real/clickhouse.sh " .. TREE .. " 2>&1")
  return got.status ~= 0 and "needs the packages of ClickHouse: " .. got.out or nil
end

---Starts a server, whose user is iris and whose password is "s e".
function M.up()
  local self = setmetatable({ dir = run.dir() .. "/clickhouse" }, ClickHouse)
  assert(run.run("mkdir " .. self.dir).status == 0)
  run.file("users.xml", USERS)
  self.port = 20000 + ffi.C.clickhouse_pid() % 10000
  while not self:begin() do self.port = self.port + 1 end
  return self
end

---Starts it, or starts it again with what it has on disk. Returns false if its port is taken.
function ClickHouse:begin()
  local config = run.file("clickhouse.xml", CONFIG:format(self.port, self.dir, self.dir))
  local log = run.file("clickhouse.log", "")
  local pipe = assert(io.popen "gcc -dumpmachine")
  local at = pipe:read "*l"
  pipe:close()
  self.program = redis.start(("env LD_LIBRARY_PATH=%s/usr/lib/%s:%s/lib/%s "
    .. "%s/usr/sbin/clickhouse-server --config-file=%s"):format(TREE, at, TREE, at, TREE, config),
    log)
  return redis.await("ClickHouse", function()
    if self.program:ended() then
      assert(self.program:text():find("Address already in use", 1, true), self.program:text())
      self.program:wait()
      return "taken"
    end
    return self:ask "SELECT 1" == "1\n"
  end) == true
end

---The answer to a query; nil: there is no server.
---@param query string
---@return string?
function ClickHouse:ask(query)
  local file = run.file("query.sql", query)
  local got = run.run(("curl -sS -u 'iris:s e' --data-binary @%s http://127.0.0.1:%d/"):format(file,
    self.port))
  return got.status == 0 and got.out or nil
end

---Ends the server as by a crash.
function ClickHouse:kill() self.program:kill(9) end

return M
