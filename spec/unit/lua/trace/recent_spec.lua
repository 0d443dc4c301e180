-- SPDX-License-Identifier: MIT
--
-- Options that equal the last ones: the same struct and the same kept options as after a check.
local lib = require "mtr.lib"
local options = require "mtr.trace.options"
local recent = require "mtr.trace.recent"
local request = require "mtr.trace.request"

local SIZE = lib.sizeof "struct mtr_trace"
local t = lib.new "struct mtr_trace"

local function hook() end
local function other() end

local function struct() return lib.string(lib.cast("const char *", t), SIZE) end

local function fill(opts) return request.fill(options.trace, opts, t) end

-- Fills the struct with the remembered options; nil if these are not remembered.
local function again(opts)
  lib.fill(t, SIZE, 0xff)
  return recent.fill(options.trace, opts, t)
end

describe("options that were right the last time", function()
  for name, opts in pairs {
    numbers = { max_ttl = 9, timeout = "1s", protocol = "tcp", dont_fragment = false },
    hooks = { on_hop = hook, on_reply = hook, on_probe = hook, on_timeout = hook, pace = hook },
    data = { data = {}, flow = 3 },
    kept = { interface = "lo", payload = "x", family = 4, on_hop = hook },
    none = {},
  } do
    it("are not checked again: " .. name, function()
      local kept = fill(opts)
      local bytes, same = struct(), {}
      for key, value in pairs(opts) do same[key] = value end
      assert.same(kept, again(opts))
      assert.equal(bytes, struct())
      assert.same(kept, again(same))
    end)
  end

  for what, change in pairs {
    ["another value"] = { max_ttl = 8 },
    ["a wrong value"] = { max_ttl = 300 },
    ["one more"] = { flow = 1 },
    ["an unknown one"] = { max_tll = 9 },
    ["a hook that is none"] = { on_hop = "print" },
    ["a strategy"] = { strategy = { next = hook } },
    ["a source"] = { source = "192.0.2.1" },
  } do
    it("are checked after a change: " .. what, function()
      local opts = { max_ttl = 9, on_hop = hook }
      fill(opts)
      for key, value in pairs(change) do opts[key] = value end
      assert.is_nil(again(opts))
    end)
  end

  it("are checked after one was taken away", function()
    local opts = { max_ttl = 9, flow = 1 }
    fill(opts)
    opts.flow = nil
    assert.is_nil(again(opts))
    assert.equal(9, fill(opts) and t.max_ttl)
    assert.equal(0, t.flow)
  end)

  it("keep nothing of the call: hooks and data are those of each call", function()
    fill { on_hop = hook, data = "first" }
    local kept = again { on_hop = other, data = false }
    assert.equal(other, kept.on_hop)
    assert.is_false(kept.data)
    local weak = setmetatable({ data = {} }, { __mode = "v" })
    fill { data = weak.data }
    collectgarbage()
    collectgarbage()
    assert.is_nil(weak.data)
  end)

  it("are forgotten for a strategy, a source, and a table with a metatable", function()
    for _, opts in ipairs {
      { strategy = "window" }, { source = "192.0.2.1" },
      setmetatable({ max_ttl = 7 }, { __index = { protocol = "tcp" } }),
    } do
      assert.truthy(fill(opts))
      assert.is_nil(again(opts))
    end
  end)

  it("are those of one declaration", function()
    fill { flow = 7 }
    assert.is_nil(recent.fill(options.prober, { flow = 7 }, t))
  end)

  it("are never those that were wrong", function()
    assert.is_nil((fill { first_ttl = 9, max_ttl = 3 }))
    assert.is_nil(again { first_ttl = 9, max_ttl = 3 })
    assert.is_nil(again "fast")
  end)
end)
