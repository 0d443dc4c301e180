-- SPDX-License-Identifier: MIT
--
-- Several reporters at once, and those that fail.
local reporters = require "mtr.campaign.reporters"

describe("reporters", function()
  it("are called with what they have methods for", function()
    local seen = {}
    local function note(name) return function(_, value) seen[#seen + 1] = name .. value end end
    local list = assert(reporters.new { { trace = note "a" }, { finish = note "b" }, {} })
    assert.is_true(list:call("trace", "1"))
    assert.is_true(list:call("finish", "2"))
    assert.is_true(list:call("update", "3"))
    assert.same({ "a1", "b2" }, seen)
    assert.is_true(list:have "trace")
    assert.is_false(list:have "update")
  end)

  it("that fail are not called again; the others are", function()
    local calls = 0
    local function fine() calls = calls + 1 end
    local list = assert(reporters.new {
      { trace = fine },
      { trace = function() return nil, "ENOSPC: out.jsonl", "ENOSPC" end },
      { trace = function() calls = calls + 1 return nil end },
    })
    local ok, message, name = list:call("trace", 1)
    assert.same({ nil, "ENOSPC: out.jsonl", "ENOSPC" }, { ok, message, name })
    assert.is_true(list:call("trace", 2))
    assert.equal(4, calls)
  end)

  it("that raise have failed, with a traceback", function()
    local list = assert(reporters.new { { trace = function() error "boom" end } })
    local ok, message, name = list:call("trace", 1)
    assert.is_nil(ok)
    assert.equal("EREPORT", name)
    assert.truthy(message:find "boom" and message:find "traceback")
    assert.is_true(list:call("trace", 2))
  end)

  it("come as a list of tables", function()
    local list, message = reporters.new { 7 }
    assert.is_nil(list)
    assert.equal("reporters must be a list of reporters, got 1 = 7", message)
    list, message = reporters.new { jsonl = {} }
    assert.is_nil(list)
    assert.equal('reporters must be a list of reporters, got "jsonl" = a table', message)
  end)
end)
