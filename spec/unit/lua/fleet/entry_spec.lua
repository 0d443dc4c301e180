-- SPDX-License-Identifier: MIT
--
-- An entry of results at a drain: what is written is the same, whether lines pass as they are or
-- are decoded and encoded.
local mtr = require "mtr"
local entry = require "mtr.fleet.entry"
local Reporters = require "mtr.campaign.reporters"

local function result_line(dst)
  local engine = assert(mtr.engine { sim = mtr.sim.internet { prefixes = 5, dead = 0 } })
  local line = assert(engine:trace(dst)):json() .. "\n"
  engine:close()
  return line
end

-- Writes an entry to a reporter of JSON lines: the text, and the drain.
local function drained(results, opts, ...)
  local out = {}
  local to = mtr.report.jsonl(function(text)
    out[#out + 1] = text
    return true
  end, opts)
  local self = { campaign = "s", done = {}, results = 0, leases = 0, repeated = 0, failed = 0,
    unread = 0, list = assert(Reporters.new { to, ... }) }
  assert(entry.write(self, { "1-1", { "lease", "3", "point", "a", "part", "1/1", "results",
    results } }))
  return table.concat(out), self
end

describe("an entry of results", function()
  local line, moved, text
  setup(function()
    line = result_line "1.0.0.1"
    local rest = line:match '^{"type":"trace",(.*)$'
    moved = "{ " .. rest:gsub("}\n$", ', "type": "trace"}\n')
    text = line .. moved .. "  \n" .. "{}\n" .. line .. "no JSON\n" .. line:sub(1, -2)
  end)

  it("is written the same, with lines as they are and with decoded ones", function()
    local decoded, slow = drained(text, nil, { trace = function() return true end })
    local passed, fast = drained(text)
    assert.equal(decoded, passed)
    assert.equal(line .. line .. line .. line, passed)
    assert.same({ slow.results, slow.unread, slow.unread_why },
      { fast.results, fast.unread, fast.unread_why })
    assert.same({ 4, 2 }, { fast.results, fast.unread })
    assert.equal("EBADMSG: mtr:fleet:{s}:results 1-1: line 4: this is no result of mtrlua",
      fast.unread_why)
  end)

  it("has only the members that are asked for", function()
    assert.equal('{"dst":"1.0.0.1"}\n', (drained(line, { only = { "dst" } })))
  end)

  it("passes lines as they are without a decoder", function()
    local read = require "mtr.record.json_read"
    local decode = read.decode
    read.decode = function() error "decoded" end
    local ok, written = pcall(drained, line .. line)
    read.decode = decode
    assert.is_true(ok, written)
    assert.equal(line .. line, written)
  end)
end)
