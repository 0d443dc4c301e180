-- SPDX-License-Identifier: MIT
--
-- Results for specs of reporters: campaigns over a small simulated network with two paths, a silent
-- hop, an MPLS label and lost probes. The same seed gives the same results.
local mtr = require "mtr"

local M = {}

local NET = {
  nodes = {
    me = { "192.0.2.1", "2001:db8::1" },
    fork = { "10.0.0.1", "2001:db8:1::1", balance = "target" },
    upper = { "10.0.1.1", "2001:db8:2::1" }, lower = { "10.0.2.1", "2001:db8:3::1" },
    join = { "10.0.0.2", "2001:db8:4::1" }, core = { "10.0.0.3", "2001:db8:5::1" },
    mute = { "10.0.0.4", "2001:db8:6::1", silent = true },
    web = { "203.0.113.9", "203.0.113.0/24", "2001:db8:f::9" },
  },
  links = {
    { "me", "fork", delay = "1ms", jitter = "0.2ms" },
    { "fork", "upper", "join", delay = "2ms", loss = 0.1 },
    { "fork", "lower", "join", delay = "3ms" },
    { "join", "core", "mute", "web", delay = "2ms", jitter = "1ms" },
  },
  tunnels = { { "join", "core", "mute", labels = { 24001 } } },
}

--- Targets that this network has: four addresses of IPv4, one of IPv6.
M.TARGETS = { "203.0.113.9", "203.0.113.10", "203.0.113.77", "203.0.113.200", "2001:db8:f::9" }

--- Runs a campaign; returns its summary, or nil and a message, and copies of its results.
---@param reporters mtr.Reporter[]
---@param opts? table options of mtr.campaign
---@return mtr.Summary|false? summary
---@return mtr.Result[] results
---@return string? message
function M.campaign(reporters, opts)
  local results, summary, message = {}, nil, nil
  local given = { targets = M.TARGETS, reporters = reporters, rate = 200,
    trace = { queries = 3, attempts = 1, gap_limit = 3, timeout = "500ms" },
    on_trace = function(result) results[#results + 1] = result:copy() end }
  for name, value in pairs(opts or {}) do given[name] = value end
  local engine = assert(mtr.engine { sim = mtr.sim(NET), seed = 5 })
  given.engine = engine
  mtr.go(function() summary, message = mtr.campaign(given):run() end)
  engine:run()
  engine:close()
  return summary, results, message
end

--- Gives kept results to a reporter, from start() to finish().
---@param reporter mtr.Reporter
---@param results mtr.Result[]
function M.give(reporter, results)
  assert(reporter:start {})
  for _, result in ipairs(results) do assert(reporter:trace(result)) end
  assert(reporter:finish {})
end

--- Returns a function for a reporter to write to, and a function that returns what was written.
---@return fun(text: string): true
---@return fun(): string
function M.collector()
  local out = {}
  return function(text)
    out[#out + 1] = text
    return true
  end, function() return table.concat(out) end
end

return M
