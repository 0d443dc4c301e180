-- SPDX-License-Identifier: MIT
-- Traces over the networks of spec/sim/topologies, for the specs of field.md's hard cases.
local mtr = require "mtr"
local nets = require "spec.support.nets"

local M = {}

-- Calls fn(engine) over a network, then closes the engine, which must have nothing left.
function M.over(topology, fn, config)
  local all = { sim = ("spec/sim/topologies/%s.lua"):format(topology), seed = 1 }
  for key, value in pairs(config or {}) do all[key] = value end
  local e = assert(mtr.engine(all))
  fn(e)
  nets.accounted(e:stats())
  e:close()
end

-- One trace: its result, what hooks were told in order, as { replies =, timeouts = }, and counters.
function M.trace(topology, dst, opts, config)
  local result, stats
  local told, all = { replies = {}, timeouts = {} }, {}
  for key, value in pairs(opts or {}) do all[key] = value end
  function all.on_reply(_, reply) told.replies[#told.replies + 1] = reply:copy() end
  function all.on_timeout(_, probe) told.timeouts[#told.timeouts + 1] = probe:copy() end
  M.over(topology, function(e)
    result = nets.traces(e, { { dst, all } })[1]
    assert(result.hops, result.failed)
    stats = e:stats()
  end, config)
  return result, told, stats
end

-- Calls fn(options, v) with each protocol over each family; options to be filled.
function M.each(fn)
  for _, protocol in ipairs { "icmp", "udp", "tcp" } do
    for family = 4, 6, 2 do
      fn({ protocol = protocol, family = family }, family)
    end
  end
end

-- The path of a result, "198.18.0.1 * 203.0.113.9"; families' router addresses by their last number.
M.path = nets.path

return M
