-- SPDX-License-Identifier: MIT
--
-- The option enrich of a campaign: names and origins of routers in its results, written by the
-- library (mtr_label) or in Lua.
local cjson = require "cjson"
local ffi = require "mtr.compat".ffi
local lib = require "mtr.lib"
local mtr = require "mtr"
local run = require "spec.support.harness.run"

local C = lib.C

local NETWORK = { nodes = { me = "192.0.2.1", ["r1.test"] = "10.0.0.1", ["r2.test"] = "9.0.0.2",
  r3 = "9.0.0.3", web = { "10.8.0.0/16" } }, links = { { "me", "r1.test", "r2.test", "r3", "web",
  delay = 1 } } }

-- Runs a campaign over the network; its results as lines of JSON, decoded.
local function lines(targets, opts)
  local engine = assert(mtr.engine { sim = NETWORK, seed = 1 })
  local path = run.file("out.jsonl", "")
  opts.engine, opts.targets = engine, targets
  opts.reporters = { mtr.report.jsonl(path) }
  local summary = assert(mtr.campaign(opts):run())
  engine:close()
  return run.records(run.read(path)), summary
end

local function targets(n)
  local list = {}
  for i = 1, n do list[i] = ("10.8.%d.%d"):format(math.floor(i / 250), i % 250 + 1) end
  return list
end

local function names_of(record)
  local list = {}
  for i, hop in ipairs(record.hops) do
    list[i] = hop.name or "-"
    assert.equal(hop.name, hop.replies[1].name)
    assert.same(hop.origin, hop.replies[1].origin)
  end
  return table.concat(list, " ")
end

describe("a campaign with names", function()
  teardown(run.clean)

  it("has them in all results, also in the first", function()
    local records, summary = lines(targets(500), { enrich = { dns = true, asn = true } })
    assert.equal(500, #records)
    assert.equal(500, summary.stop_reasons.completed)
    for _, record in ipairs(records) do
      assert.equal("r1.test r2.test - -", names_of(record))
      assert.same({ label = "private" }, record.hops[1].origin)
      assert.is_nil(record.hops[2].origin)           -- no server says so
    end
  end)

  it("writes the same in C as in Lua", function()
    local lua = {}
    local records = lines(targets(20), { enrich = { dns = true }, window = 1,
      on_trace = function(result) lua[#lua + 1] = result:copy():json() end })
    for i, record in ipairs(records) do assert.same(cjson.decode(lua[i]), record) end
    assert.equal(20, #lua)
  end)

  it("looks nothing up that is not wanted", function()
    for _, record in ipairs(lines(targets(3), { enrich = { asn = true } })) do
      assert.equal("- - - -", names_of(record))
      assert.same({ label = "private" }, record.hops[1].origin)
    end
    for _, record in ipairs(lines(targets(3), {})) do assert.is_nil(record.hops[1].origin) end
  end)

  it("hides the first hops", function()
    for _, record in ipairs(lines(targets(30), { enrich = { dns = true, privacy = 1 } })) do
      assert.same({ ttl = 1, hidden = true, replies = {} }, record.hops[1])
      assert.equal("r2.test", record.hops[2].name)
      assert.equal("0.0.0.0", record.src)
    end
  end)

  it("refuses options that it does not have", function()
    for opts, message in pairs {
      [{ dns = 1 }] = "enrich: dns must be a boolean, got 1",
      [{ names = true }] = 'enrich: unknown option "names"',
      [{ asn = "whois" }] = "enrich: asn: must be \"cymru\"",
    } do
      local ok, problem = pcall(mtr.campaign, { targets = {}, enrich = opts })
      assert.is_false(ok)
      assert.truthy(problem:find(message, 1, true), problem)
    end
  end)
end)

describe("labels of addresses", function()
  it("are found among very many, and checked", function()
    local engine = assert(mtr.engine { sim = NETWORK })
    local bytes = ffi.new "uint8_t[16]"
    for i = 0, 99999 do
      bytes[0], bytes[1], bytes[2] = i % 256, math.floor(i / 256) % 256, math.floor(i / 65536)
      assert.equal(0, C.mtr_label(engine.c, bytes, 4, ',"n":1', i % 7))
    end
    assert.equal(-22, C.mtr_label(engine.c, bytes, 5, "", 0))
    assert.equal(-22, C.mtr_label(engine.c, bytes, 4, ("x"):rep(C.MTR_LABEL + 1), C.MTR_LABEL + 1))
    assert.equal(-116, C.mtr_unlabelled(engine.c, 77, bytes, bytes, 1))
    engine:close()
  end)
end)
