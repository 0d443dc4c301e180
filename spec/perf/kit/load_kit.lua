-- SPDX-License-Identifier: MIT
--
-- Functions that the parts of the bench share: they run contenders in turns and compute the medians
-- of the columns. Every figure with a target is a ratio to mini or a difference from it, between
-- two runs that followed each other; the report gives the median of these.

local load_runs = require "spec.perf.kit.load_runs"

local M = {}

--- How often it is run in turns.
M.PAIRS = 3

--- What `fn` gives for 1 to n.
---@param n integer
---@param fn fun(i: integer): any
---@return any[]
function M.map(n, fn)
  local list = {}
  for i = 1, n do
    list[i] = fn(i)
  end
  return list
end

--- The options, and more of them.
---@param options table<string, any>
---@param more table<string, any>?
---@return table<string, any>
function M.with(options, more)
  local all = {}
  for _, from in ipairs({ options, more or {} }) do
    for key, value in pairs(from) do
      all[key] = value
    end
  end
  return all
end

--- Adds the median of `list` to a report, as load_GEAR_NAME.
---@param report perf.Report
---@param name string
---@param gear string
---@param target { most: number?, least: number? }?
---@param figure perf.Figure
---@param list number[]
function M.add(report, name, gear, target, figure, list)
  figure.name = ("load_%s_%s"):format(gear, name)
  figure.most, figure.least = target and target.most, target and target.least
  report:add_median(figure, list)
end

--- Engine and mini in turns. Without `mini`: the engine twice, `more` being what differs.
---@param net fakenet.Net
---@param options table<string, any>  as load_runs takes them
---@param mini string?  its gear
---@param more table<string, any>?
---@param n integer?  pairs
---@return { engine: table<string, number>, other: table<string, number> }[]
function M.pairs_of_runs(net, options, mini, more, n)
  return M.map(n or M.PAIRS, function()
    local engine = assert(load_runs.engine(net, M.with(options, more)))
    local other = mini and load_runs.mini(net, mini, options)
      or assert(load_runs.engine(net, options))
    return { engine = engine, other = other }
  end)
end

--- A number of each pair.
---@param list { engine: table<string, number>, other: table<string, number> }[]
---@param fn fun(engine: table<string, number>, other: table<string, number>): number
---@return number[]
function M.column(list, fn)
  return M.map(#list, function(i)
    return fn(list[i].engine, list[i].other)
  end)
end

--- CPU per probe, of the other's.
function M.ratio(engine, other)
  return engine.us_per_packet / other.us_per_packet
end

--- CPU per probe more than the other's, us.
function M.difference(engine, other)
  return engine.us_per_packet - other.us_per_packet
end

--- At a set rate much of the cost is to wake up, so mini sends as many at once as the engine does:
--- what 100 us of the rate hold.
function M.burst(rate)
  return math.max(1, rate / 10000)
end

return M
