-- SPDX-License-Identifier: MIT
--
-- A client of `mtrlua serve` for any Lua: traces all targets at once, and prints hops as they come.
-- It needs LuaSocket and lua-cjson (Debian: lua-socket, lua-cjson).
--
--     lua serve_client.lua /run/mtrlua.sock 192.0.2.7 192.0.2.8

local json = require "cjson"
local unix = require "socket.unix"

local server = assert(unix.stream())
assert(server:connect(arg[1]))

for i = 2, #arg do
  assert(server:send(json.encode { id = i, request = "trace", dst = arg[i], hops = true } .. "\n"))
end

local left, failed = #arg - 1, false
while left > 0 do
  local line = assert(server:receive "*l")
  local answer = json.decode(line)
  local target = arg[answer.id] or "?"
  if answer.answer == "hop" then
    print(target, answer.hop.ttl, answer.hop.addr or "*", answer.hop.rtt or "")
  elseif answer.answer == "result" then
    print(target, answer.result.stop_reason, answer.result.hop_count)
  else
    print(target, answer.error)
    failed = true
  end
  if answer.last then left = left - 1 end
end
os.exit(failed and 1 or 0)
