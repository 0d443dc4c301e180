-- SPDX-License-Identifier: MIT
--
-- Traces over a drive (drive.lua) whose strategy is the spec: the core asks it which
-- probes go next, and the spec answers.
--
--   local d, handle = asks.start({ dst = "203.0.113.9", "10.0.0.1" }, { window = 2 })
--   asks.run(d, handle, asks.upto(5))
--   assert.equal(3, asks.count(d, handle))

local core = require "spec.support.harness.core"
local drive = require "spec.support.virtual.drive"
local path = require "spec.support.virtual.path"

local C = core.load { "core/probe/core.h" }

local M = {}

---Starts a trace over a network of path.lua, with options `o` of drive's start, in an engine with
---the options `engine`. Returns the drive and the trace's handle.
function M.start(network, o, engine)
  engine = engine or {}
  engine.network = path.new(network)
  local d = drive.new(engine)
  local options = { flags = C.MTR_STRATEGY, max_probes = 0 }
  for name, value in pairs(o or {}) do options[name] = value end
  return d, d:start(options)
end

---How often was the trace's strategy asked?
function M.count(d, handle) return #d:of("NEXT", handle) end

---Answers that no probe goes now; with `wake`, it wants to be asked again after as many ms.
function M.pass(d, handle, wake)
  return C.answer_pass(d.core, d:trace(handle), wake and wake * 1e6 or -1, d.now)
end

---Runs for at most `ms`, and answers each question by what choose(event) returns: a TTL, or nil
---and a wake.
function M.run(d, handle, choose, ms)
  d:answer("NEXT", function(e)
    if d:trace(handle).state ~= C.TRACE_RUNNING then return end
    for _ = 1, e.ttl do
      local ttl, wake = choose(e)
      if not ttl then return M.pass(d, handle, wake) end
      d:probe(handle, { ttl = ttl })
    end
  end, ms)
end

---A function for run() that chooses the TTLs 1 to n, each once.
function M.upto(n)
  local ttl = 0
  return function()
    ttl = ttl + 1
    return ttl <= n and ttl or nil
  end
end

return M
