-- SPDX-License-Identifier: MIT
--
-- Runs tables of cases in which the network does something unusual at one hop of a
-- path of three. A case says what is sent there and what must be the result; everything that it
-- does not mention must be as in an ordinary trace.

local assert = require "luassert"
local forger = require "spec.support.real.forger"
local nets = require "spec.support.real.nets"

local M = {}

---@class hostile.Case
---@field [1] string          a sentence
---@field answer fun(p: dissect.Probe, forger: table): string|string[]|nil  at TTL 2
---@field after? fun(p: dissect.Probe, forger: table)  whatever the TTL; for what comes later
---@field only? string        words of icmp udp tcp v4 v6; default all
---@field opts? table         of the trace
---@field hop? string|false   who hop 2 is then; default its router; false: silent
---@field stop? string        default completed
---@field data? table|integer stop_data, by version; default 0
---@field replies? integer    of hop 2; default 1, or 0 if it is silent
---@field reply? table        fields of the first of them
---@field quoted? table       and of its quote
---@field resets? integer      that our kernel sends to what is not a reset; default 0
---@field counters? table     of the engine that are not 0
---@field check? fun(result: mtr.Result, v: integer, protocol: string)

local TARGETS = { [4] = "10.66.2.2", [6] = "fd66:2::2" }
local ROUTERS = { [4] = "10.66.1.", [6] = "fd66:1::" }
local ZERO = { "unmatched", "malformed", "duplicates", "late", "orphans", "nat", "send_errors",
  "kernel_drops" }

M.DST = TARGETS

local l, f

---A lab with a forger in it, the same for all tests of a file. Call it in each test.
function M.set_up(pending)
  nets.needs_privilege(pending)
  if not l then
    l = nets.up "chain 2"
    f = forger.open(l)
  end
  return l, f
end

---Takes it down: for teardown().
function M.tear_down()
  if f then f:close() end
  l, f = nil, nil
  nets.down()
end

local function applies(case, protocol, v)
  local function wants(...)
    local any = false
    for _, word in ipairs { ... } do
      if (case.only or ""):find(word, 1, true) then any = true end
    end
    return any
  end
  local by_protocol, by_version = wants("icmp", "udp", "tcp"), wants("v4", "v6")
  return (not by_protocol or wants(protocol)) and (not by_version or wants("v" .. v))
end

local function network(case)
  local path = forger.path(3)
  return function(p)
    local packets = path(p)
    if p.ttl == 2 then packets = case.answer(p, f) end
    if type(packets) == "string" then packets = { packets } end
    for _, bytes in ipairs(packets or {}) do f:send(bytes) end
    if case.after then case.after(p, f) end
  end
end

local function of(value, v)
  if type(value) == "table" then return value[v] end
  return value
end

local function same(want, got, where)
  for key, value in pairs(want or {}) do
    -- false: the field is not to be there.
    if value then assert.same(value, (got or {})[key], where .. key)
    else assert.is_nil((got or {})[key], where .. key) end
  end
end

local function check(case, result, stats, v, protocol)
  local where = ("%s%d: "):format(protocol, v)
  local router = ROUTERS[v] .. 2
  local hop = of(case.hop, v)
  if hop == nil then hop = router end
  assert.same({ case.stop or "completed", of(case.data, v) or 0 },
    { result.stop_reason, result.stop_data }, where .. nets.path(result))
  local second = result.hops[2]
  assert.equal(hop or nil, second.addr, where)
  assert.equal(case.replies or (hop and 1 or 0), #second.replies, where .. "replies")
  same(case.reply, second.replies[1], where)
  same(case.quoted, (second.replies[1] or {}).quoted, where .. "quoted ")
  for _, key in ipairs(ZERO) do
    assert.equal((case.counters or {})[key] or 0, stats[key], where .. key)
  end
  if case.stop == nil then
    assert.equal(ROUTERS[v] .. 1, result.hops[1].addr)
    assert.same({ 3, TARGETS[v] }, { result.hop_count, result.hops[3].addr }, where)
  end
  if case.check then case.check(result, v, protocol) end
end

---Runs one case over every protocol and version it applies to.
---@param case hostile.Case
---@param engine? mtr.EngineOptions
function M.run(case, engine)
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for v = 4, 6, 2 do
      if applies(case, protocol, v) then
        nets.inside(l, function(e)
          local opts, result = { protocol = protocol, timeout = 100, attempts = 1 }, nil
          for key, value in pairs(case.opts or {}) do opts[key] = value end
          e:trace(TARGETS[v], opts, function(err, r) result = assert(r, err) end)
          f.resets, f.unreachables = 0, 0
          f:drive(e, network(case))
          f:drive(e, function() end)
          assert.equal(0, f.unreachables, "the kernel disowned one of our ports")
          assert.equal(case.resets or 0, f.resets, "resets of the kernel's")
          check(case, result, e:stats(), v, protocol)
        end, engine and { transport = engine.transport, strict = engine.strict })
      end
    end
  end
end

return M
