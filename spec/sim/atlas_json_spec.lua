-- SPDX-License-Identifier: MIT
--
-- The JSON of RIPE Atlas over every network of the hard cases: each line has the members of that
-- format and no others (atlas.schema.json), and nearly all of them come up.
local cjson = require "cjson"
local hard = require "spec.support.virtual.hard"
local report = require "mtr.report"
local run = require "spec.support.harness.run"

local VALIDATE = "/usr/bin/python3 spec/support/harness/schema.py spec/sim/atlas.schema.json "

-- Members that no network of these makes; spec/unit/lua/report/atlas_spec.lua has them.
local ELSEWHERE = { group_id = true }

local function validate(text)
  local got = run.run(VALIDATE .. run.file("atlas.json", text))
  assert.same({ status = 0, out = "", err = "" }, { status = got.status, out = got.out,
    err = got.err })
end

local function see(value, seen)
  for name, member in pairs(value) do
    seen[name] = true
    if type(member) == "table" then see(member, seen) end
  end
end

-- Adds the names of all members that a part of the schema describes.
local function members(part, names)
  for key, value in pairs(part) do
    if key == "properties" then
      for name in pairs(value) do names[name] = true end
    end
    if type(value) == "table" then members(value, names) end
  end
  return names
end

describe("RIPE Atlas' JSON", function()
  teardown(run.clean)

  it("of traces has the members of that format, and no others", function()
    local lines, seen = {}, {}
    local made = report.atlas(function(line)
      lines[#lines + 1] = line
      return true
    end)
    assert(made:start {})
    hard.networks(function(engine, targets)
      for i, dst in ipairs(targets) do
        for k, protocol in ipairs { "icmp", "udp", "tcp" } do
          local result = engine:trace(dst, { protocol = protocol, queries = 2, timeout = 300,
            tos = (i + k) % 4 == 0 and 32 or nil, size = (i + k) % 3 == 0 and 1450 or nil,
            dont_fragment = true })
          if result then assert(made:trace(result)) end
        end
      end
    end)
    assert.is_true(#lines > 200)
    validate(table.concat(lines))
    for _, line in ipairs(lines) do see(cjson.decode(line), seen) end
    local file = assert(io.open "spec/sim/atlas.schema.json")
    local schema = cjson.decode(file:read "*a")["$defs"]
    file:close()
    schema.ping = nil
    for name in pairs(members(schema, {})) do
      assert.equal(not ELSEWHERE[name], seen[name] or false, name)
    end
  end)

  it("of pings has the members of that format, and no others", function()
    for _, words in ipairs { "-c 3 203.0.113.9", "-c 2 --tos 32 2001:db8:9::9",
      "-c 2 -p udp 203.0.113.9", "-c 2 -p tcp 203.0.113.9" } do
      local got = run.run('"$MTR_PROGRAM" --sim spec/sim/topologies/plain.lua scripts/ping.lua '
        .. "-o atlas " .. words)
      assert.equal("", got.err)
      assert.equal(1, select(2, got.out:gsub("\n", "")))
      validate(got.out)
    end
  end)
end)
