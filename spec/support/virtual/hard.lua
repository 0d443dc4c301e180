-- SPDX-License-Identifier: MIT
--
-- Traces over the networks of spec/sim/topologies, for the specs of hard cases.
local mtr = require "mtr"
local simulated = require "spec.support.virtual.simulated"
local traces = require "spec.support.virtual.traces"

local M = {}

-- Calls fn(engine) over a network, then closes the engine, which must have nothing left.
function M.over(topology, fn, config)
  local all = { sim = ("spec/sim/topologies/%s.lua"):format(topology), seed = 1 }
  for key, value in pairs(config or {}) do all[key] = value end
  local e = assert(mtr.engine(all))
  fn(e)
  traces.accounted(e:stats())
  e:close()
end

-- Calls fn(engine, targets, path) over each network; the targets are all its addresses but the
-- source's.
function M.networks(fn)
  for path in io.popen "ls spec/sim/topologies/*.lua":lines() do
    local targets = {}
    for name, node in pairs(dofile(path).nodes) do
      for _, dst in ipairs(type(node) == "table" and node or { node }) do
        local literal = type(dst) == "string" and not dst:find "/"
        if literal and name ~= "me" then targets[#targets + 1] = dst end
      end
    end
    table.sort(targets)
    simulated.with(mtr.sim.load(path), function(engine) fn(engine, targets, path) end)
  end
end

-- One trace: its result, what hooks were told as { replies =, timeouts = }, and counters.
function M.trace(topology, dst, opts, config)
  local result, stats
  local told, all = { replies = {}, timeouts = {} }, {}
  for key, value in pairs(opts or {}) do all[key] = value end
  function all.on_reply(_, reply) told.replies[#told.replies + 1] = reply:copy() end
  function all.on_timeout(_, probe) told.timeouts[#told.timeouts + 1] = probe:copy() end
  M.over(topology, function(e)
    result = traces.run(e, { { dst, all } })[1]
    assert(result.hops, result.failed)
    stats = e:stats()
  end, config)
  return result, told, stats
end

-- Calls fn(options, family) with each protocol over each family; the options are fn's own.
function M.each(fn)
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for family = 4, 6, 2 do fn({ protocol = protocol, family = family }, family) end
  end
end

-- "1 2 * 9": what the addresses of a result's hops end with, "*" for silence.
function M.ends(result)
  local words = {}
  for ttl, hop in ipairs(result.hops) do words[ttl] = hop.addr and hop.addr:match "%x+$" or "*" end
  return table.concat(words, " ")
end

-- fn of the first reply of each hop, nil where there is none.
function M.first(result, fn)
  local list = {}
  for ttl, hop in ipairs(result.hops) do list[ttl] = hop.replies[1] and fn(hop.replies[1]) end
  return list
end

return M
