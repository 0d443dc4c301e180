-- SPDX-License-Identifier: MIT
--
-- The results in an entry: how the lock is kept while they are written, and what many lines that
-- are none cost. What is written is in entry_spec.lua.
local contents = require "mtr.fleet.contents"
local json_read = require "mtr.record.json_read"
local Reporters = require "mtr.campaign.reporters"

describe("the results in an entry", function()
  local drain, kept

  before_each(function()
    kept = 0
    drain = { results = 0, unread = 0, list = assert(Reporters.new {}), lock = { keep = function()
      kept = kept + 1
      return true
    end } }
  end)

  it("let the lock be kept between them", function()
    assert.is_true(contents.write(drain, ("x\n"):rep(1000), "e"))
    assert.same({ 1000, 3 }, { drain.unread, kept })
    assert.equal("EBADMSG: e: line 1: this is not JSON", drain.unread_why)
  end)

  it("end when the lock is lost", function()
    drain.lock.keep = function() return nil, "EBUSY: lost", "EBUSY" end
    assert.same({ nil, "EBUSY: lost", "EBUSY" }, { contents.write(drain, ("x\n"):rep(1000), "e") })
    assert.equal(256, drain.unread)
  end)

  it("are not searched for what is wrong with a line", function()
    local plain, decode, n = json_read.plain, json_read.decode, 0
    json_read.plain = function() error "searched" end
    json_read.decode = function(...)
      n = n + 1
      return decode(...)
    end
    local ok, problem = pcall(contents.write, drain, ("x\n"):rep(100) .. ("{\n"):rep(3), "e")
    json_read.plain, json_read.decode = plain, decode
    assert(ok, problem)
    assert.same({ 103, 3 }, { drain.unread, n })
  end)
end)
