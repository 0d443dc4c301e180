-- SPDX-License-Identifier: MIT
--
-- Checks that the hard cases 1 to 40 are complete: each has specs in hard_cases_*_spec.lua, or is
-- in this table with the reason why no simulator can show it and, if another spec does, its name.
local mtr = require "mtr"

local ELSEWHERE = {
  [25] = { "clocks: simulated time is exact, and there is one clock", "spec/net/timing_spec.lua" },
  [29] = { "ping sockets and error queues are the kernel's; no transport uses them yet" },
  [33] = { "replies on another interface: a simulated host has none",
    "spec/net/host_changes_spec.lua" },
  [34] = { "socket buffers are the kernel's", "spec/net/timing_spec.lua" },
  [35] = { "a suspended machine: simulated time does not stand still" },
  [36] = { "a source address that changes: those of a simulated network do not",
    "spec/net/host_changes_spec.lua" },
  [38] = { "zone ids name interfaces", "spec/net/refusals_spec.lua" },
  [39] = { "lists of targets are no matter of networks", "spec/net/trace_script_spec.lua" },
}

local function lines(command)
  local pipe, list = assert(io.popen(command)), {}
  for line in pipe:lines() do list[#list + 1] = line end
  pipe:close()
  return list
end

describe("the hard cases", function()
  it("have each a spec, or a reason why not", function()
    local shown = {}
    for _, line in ipairs(lines "cat spec/sim/hard_cases_*_spec.lua") do
      local number = line:match '^describe%("hard case (%d+): '
      if number then shown[tonumber(number)] = true end
    end
    for number = 1, 40 do
      local other = ELSEWHERE[number]
      assert((shown[number] and 1 or 0) + (other and 1 or 0) == 1, "hard case " .. number)
      if other and other[2] then assert(io.open(other[2])):close() end
    end
  end)

  it("have networks as data, each in use, that mtrlua --sim takes too", function()
    local text = table.concat(lines "cat spec/sim/*_spec.lua spec/regress/*_spec.lua", "\n")
    local files = lines "ls spec/sim/topologies/*.lua"
    assert(#files > 20)
    for _, file in ipairs(files) do
      assert(mtr.sim.load(file))
      local name = file:match "([%w_]+)%.lua$"
      assert(text:find(('"%s"'):format(name), 1, true), name .. " is not in use")
    end
  end)
end)
