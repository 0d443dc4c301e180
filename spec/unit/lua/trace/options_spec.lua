-- SPDX-License-Identifier: MIT
--
-- The declarations of the options of traces, probes and probers: against the library's defaults,
-- against the annotations, and against README.
local bit = require "bit"
local lib = require "mtr.lib"
local options = require "mtr.trace.options"
local annotations = require "spec.support.style.annotations"

local C = lib.C

-- The library's default of an option, and what it has there if there is none.
local function given(option)
  local t = lib.new "struct mtr_trace"
  C.mtr_trace_defaults(t)
  if option.bits then return bit.band(t.flags, option.bits) ~= 0, false end
  if not option.field then return nil end
  return tonumber(t[option.name]), option.name == "flow_label" and C.MTR_NO_LABEL or 0
end

describe("every option", function()
  for _, who in ipairs { "trace", "hops", "probe", "prober" } do
    it("of a " .. who .. " has words, and the library's default", function()
      assert.same({}, annotations.undeclared(options[who], given))
    end)
  end

  it("that differs from the library is noticed", function()
    local wrong = annotations.undeclared({ names = { "max_ttl", "flow" }, by_name = {
      max_ttl = { name = "max_ttl", field = true, kind = tonumber, default = 31, doc = "last TTL" },
      flow = { name = "flow", field = true, kind = tonumber, doc = "default 0" },
    } }, given)
    assert.same({ "max_ttl is 31, the library says 30", "flow has no default, or two",
      "flow: its words must say what it is, and not its default" }, wrong)
  end)

  local file = "lua/mtr/trace/options.lua"

  -- The fields of a class of options, with those of packets.
  local function fields_of(path, class)
    return annotations.fields(path, class, annotations.fields(file, "mtr.PacketOptions"))
  end

  for _, case in ipairs {
    { "trace", file, "mtr.TraceOptions" }, { "prober", "lua/mtr/trace/prober.lua",
      "mtr.ProberOptions" },
  } do
    local who, path, class = unpack(case)
    it("of a " .. who .. " is a field of " .. class, function()
      local declaration = options[who]
      assert.same({}, annotations.differences(declaration, declaration.names,
        fields_of(path, class)))
    end)
  end

  it("of a probe is a field of mtr.ProbeOptions", function()
    assert.same({}, annotations.differences(options.probe, options.probe.names,
      fields_of(file, "mtr.ProbeOptions")))
  end)

  it("that differ from an annotation are found", function()
    local fields = fields_of(file, "mtr.TraceOptions")
    fields.max_ttl, fields.flow = nil, { type = "string", optional = false }
    fields.protocol.type = '"icmp"|"udp"'
    fields.hops = { type = "integer", optional = true }
    assert.same({ "flow is integer, not string", "flow is optional", "hops is no option",
      "max_ttl is no field", 'protocol is "icmp"|"udp"|"tcp", not "icmp"|"udp"' },
      annotations.differences(options.trace, options.trace.names, fields))
  end)

  it("of a trace is in README, and no other", function()
    local text = io.open "README.md":read "*a"
    local list = assert(text:match "Options of a trace.-: (`.-)%. A hook")
    local names, all = {}, {}
    for part in list:gmatch "`([^`]+)`" do
      for name in part:gsub("%(.*", ""):gmatch "%S+" do names[#names + 1] = name end
    end
    for _, name in ipairs(options.trace.names) do all[#all + 1] = name end
    table.sort(names)
    table.sort(all)
    assert.same(all, names)
  end)
end)
