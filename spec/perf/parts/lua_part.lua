-- SPDX-License-Identifier: MIT
--
-- The bench's part about other Luas: what an event with two hooks costs in PUC Lua, in comparison
-- with LuaJIT whose compiler is off. The Luas run in turns.

local reports = require "spec.perf.kit.report"

local RUNS, MOST_RATIO = 3, 3
local LUAS = { jit = "luajit", off = "luajit -joff", lua54 = "lua5.4", lua51 = "lua5.1" }

local function microseconds(lua)
  local pipe = assert(io.popen(lua .. " spec/perf/loads/events.lua"))
  local value = tonumber(pipe:read "*l" or nil)
  pipe:close()
  return assert(value, "bench: " .. lua .. " has failed")
end

---@param report perf.Report
return function(report)
  reports.say "\nProcessor time of an event with two hooks, over a simulated internet"
  local times, ratios = { jit = {}, off = {}, lua54 = {}, lua51 = {} }, { lua54 = {}, lua51 = {} }
  for run = 1, RUNS do
    for name, list in pairs(times) do list[run] = microseconds(LUAS[name]) end
    for name, list in pairs(ratios) do list[run] = times[name][run] / times.off[run] end
  end
  for _, name in ipairs { "jit", "off", "lua54", "lua51" } do
    report:add_median({ name = "event_" .. name, text = LUAS[name], unit = "us" }, times[name])
  end
  report:add_median({ name = "event_lua54_ratio", text = "lua5.4, over luajit -joff", unit = "x",
    most = MOST_RATIO }, ratios.lua54)
  report:add_median({ name = "event_lua51_ratio", text = "lua5.1, over luajit -joff", unit = "x" },
    ratios.lua51)
end
