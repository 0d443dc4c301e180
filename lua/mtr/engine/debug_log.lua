-- SPDX-License-Identifier: MIT
--
-- Describes an engine, its counters and its transport, and writes the debug log: one line for each
-- request, and one for its outcome, on every transport.
--
--     127.0.0.1 udp 33434, ttl 1, try 1: sent
--     127.0.0.1 udp 33434, ttl 1, try 1: 127.0.0.1 after 0.052 ms, icmp 3/3
--
-- Only an engine whose log takes level "debug" does this. It then needs the events of all traces,
-- which costs more than tracing itself.

local lib = require "mtr.lib"
local addr = require "mtr.base.addr"
local err = require "mtr.base.err"
local words = require "mtr.record.words"
local decode = require "mtr.record.decode"

local C = lib.C
local M = {}

local info = lib.new "struct mtr_info"

-- Returns the text of a request: "192.0.2.1 tcp 80, ttl 3, try 1".
local function request(engine, e)
  if C.mtr_describe(engine.c, e.trace, info) < 0 then return "?" end
  local port = info.protocol ~= C.MTR_ICMP and " " .. info.port or ""
  return ("%s %s%s, ttl %d, try %d"):format(
    addr.text(info.dst, info.family), words.protocol[info.protocol], port, e.ttl, e.attempt)
end

local function answer(engine, e)
  local reply = decode.read(e, C.mtr_ext(engine.c))
  local parts = { ("%s after %.3f ms"):format(reply.addr, reply.rtt) }
  if reply.icmp_type then
    parts[#parts + 1] = ("%s %d/%s"):format(reply.protocol, reply.icmp_type, reply.icmp_code or "?")
  else
    parts[#parts + 1] = reply.protocol
  end
  for _, flag in ipairs { "dup", "late", "ignored" } do
    if reply[flag] then parts[#parts + 1] = flag end
  end
  return table.concat(parts, ", ")
end

local outcome = {
  [C.MTR_EV_SENT] = function() return "sent" end,
  [C.MTR_EV_REPLY] = answer,
  [C.MTR_EV_TIMEOUT] = function(_, e)
    return e.error ~= 0 and "failed: " .. err.name(e.error) or "no answer"
  end,
}

--- The flags of the events that the debug log needs.
M.want = C.MTR_WANT_SENT + C.MTR_WANT_REPLY + C.MTR_WANT_TIMEOUT

--- Logs the first n events of the batch.
---@param engine mtr.Engine
---@param n integer
function M.batch(engine, n)
  local events = C.mtr_events(engine.c)
  for i = 0, n - 1 do
    local e = events[i]
    local say = outcome[e.kind]
    if say then engine.log("debug", request(engine, e) .. ": " .. say(engine, e)) end
  end
end

--- Returns what engine:stats() returns.
---@param engine mtr.Engine
---@return table<string, number>
function M.stats(engine)
  local counters, stats = lib.new "struct mtr_counters", {}
  C.mtr_stats(engine.c, counters)
  for _, name in ipairs(lib.counters) do stats[name] = counters[name] end
  return stats
end

local function detour(engine)
  local why = lib.string(C.mtr_detour(engine.c))
  return why ~= "" and why or nil
end

--- Returns what engine:transport() returns.
---@param engine mtr.Engine
---@return { name: string, capabilities: table<string, boolean>, why: string, detour?: string,
--- ordinary: boolean }
function M.transport(engine)
  local bits, capabilities = C.mtr_caps(engine.c), {}
  for name, value in pairs(lib.capabilities) do
    capabilities[name] = math.floor(bits / value) % 2 == 1
  end
  local flags = words.transport_with("name", engine.transport_name).flags
  return { name = engine.transport_name, capabilities = capabilities, why = engine.why,
    detour = detour(engine), ordinary = math.floor(flags / C.MTR_TRANSPORT_ORDINARY) % 2 == 1 }
end

--- Logs how many probes the transport packet sent through raw, when its engine is closed.
---@param engine mtr.Engine
function M.detours(engine)
  local why = engine.log and detour(engine)
  if not why then return end
  local stats = engine:stats()
  engine.log("info", ("transport %s: %d of %d probes went through raw; the last: %s"):format(
    engine.transport_name, stats.detours, stats.probes_sent, why))
end

return M
