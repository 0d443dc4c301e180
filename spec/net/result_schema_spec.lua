-- SPDX-License-Identifier: MIT
--
-- Lines of JSON of every transport that carries packets, and of a replay, fit the schema. The list
-- of transports is that of the library, so a new one is asked too.

local cjson = require "cjson"
local mtr = require "mtr"
local nets = require "spec.support.real.nets"
local run = require "spec.support.harness.run"
local schemas = require "spec.support.harness.schema"
local words = require "mtr.record.words"

local SCHEMA = "lua/mtr/record/result.schema.json"
local NOT_ASKED = { auto = true, sim = true }   -- it is one of the others; it has no packets

describe("lines of JSON", function()
  local schema
  setup(function() schema = schemas.open(SCHEMA) end)
  teardown(function()
    schema:close()
    nets.down_shared()
    run.clean()
  end)

  -- Validates the lines of traces through an engine with these options.
  local function check(name, opts)
    local l, list = nets.shared "chain 3", {}
    nets.inside(l, function(e)
      for _, protocol in ipairs { "icmp", "udp", "tcp" } do
        for _, dst in ipairs { l.dst4, l.dst6 } do
          local result = assert(e:trace(dst, { protocol = protocol, timeout = "3s" }))
          list[#list + 1] = result:json()
          assert.equal(name, cjson.decode(list[#list]).transport)
          assert.equal("completed", result.stop_reason)
        end
      end
    end, opts)
    assert.equal("", schema:problems(run.file("lines.jsonl", table.concat(list, "\n") .. "\n")))
  end

  for _, name in ipairs(words.transport_names) do
    if not NOT_ASKED[name] then
      it("of the transport " .. name .. " fit the schema", function()
        nets.needs_privilege(pending)
        if name == "mtr-packet" and not mtr.find_binary(name) then pending "needs mtr-packet" end
        check(name, { transport = name })
      end)
    end
  end

  it("of a replay fit the schema", function()
    nets.needs_privilege(pending)
    local tape = run.dir() .. "/run.tape"
    check("raw", { transport = "raw", record = tape, seed = 1 })
    check("raw", { replay = tape, seed = 1 })   -- the transport of the run
  end)
end)
