-- SPDX-License-Identifier: MIT
--
-- Where the default engine could not be opened, as without a privilege or when all ports are in
-- use, whoever wanted a name got "engine: sim: no source" raised: a page of html, a campaign's
-- results.
local default = require "mtr.engine.default"
local fds = require "spec.support.harness.fds"
local ask = require "mtr.names.ask"

describe("names where no engine can be opened", function()
  it("are asked for in an engine of their own", function()
    local for_timers = default.for_timers
    default.for_timers = function() return nil, "EPERM: operation not permitted", "EPERM" end
    local function open() return pcall(ask.engine) end
    local ok, engine = open()
    assert.is_true(ok, engine)
    local before = fds()
    assert.equal(engine, select(2, open()))
    assert.is_true(engine.dns_only)
    engine:close()
    local again = select(2, open())
    assert.is_false(again.closed)
    assert.equal(before, fds())
    again:close()
    default.for_timers = for_timers
  end)
end)
