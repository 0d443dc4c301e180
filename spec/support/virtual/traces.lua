-- SPDX-License-Identifier: MIT
--
-- Runs traces of an engine and reads their results, over any network.
local assert = require "luassert"

local M = {}

---Checks that no trace or probe is left, and that we know of each probe what became of it: it was
---answered, it timed out, it failed, or its trace ended before any of these.
---@param stats table<string, number>
---@param drops? boolean
function M.accounted(stats, drops)
  assert.equal(0, stats.traces, "traces in flight")
  assert.equal(0, stats.probes, "probes outstanding")
  assert.equal(stats.traces_started, stats.traces_done)
  assert.equal(stats.probes_sent,
    stats.replies + stats.timeouts + stats.failed + stats.given_up + stats.probes,
    "probes sent are answered, timed out, failed, given up or outstanding")
  if not drops then assert.equal(0, stats.kernel_drops) end
end

---Runs several traces side by side: { dst, options } each. Results in the same order; one that
---could not start is { failed = message, name = name }.
---@param e mtr.Engine
---@param list { [1]: string, [2]: mtr.TraceOptions? }[]
---@return mtr.Result[]
function M.run(e, list)
  local results, left = {}, 0
  for i, job in ipairs(list) do
    local trace, message, name = e:trace(job[1], job[2], function(err, result)
      results[i] = results[i] or result or { failed = err }
    end)
    if trace then left = left + 1 else results[i] = { failed = message, name = name } end
  end
  e:run()
  return results, left
end

---The path of a result in one line: "10.0.1.2 * 10.0.3.2".
---@param result mtr.Result
---@return string
function M.path(result)
  local words = {}
  for ttl, hop in ipairs(result.hops) do words[ttl] = hop.addr or "*" end
  return table.concat(words, " ")
end

return M
