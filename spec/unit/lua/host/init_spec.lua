-- SPDX-License-Identifier: MIT
--
-- Which host is used, and what is refused.
local hosts = require "mtr.host"
local scheduler = require "mtr.wait.scheduler"

local function host()
  local fn = function() end
  return { running = fn, park = fn, wake = fn, watch = fn, unwatch = fn, defer = fn }
end

local function refusal(given) return select(2, pcall(hosts, given)) end

describe("the host", function()
  it("is mtr's own loop where there is no other", function() assert.equal("own", hosts()) end)

  it("says what a table lacks", function()
    local given = host()
    given.unwatch = nil
    assert.truthy(refusal(given):find "host: the table needs a function unwatch, got nil")
  end)

  it("refuses a name that it does not know, and says which is near", function()
    assert.truthy(refusal "lua":find 'got "lua"; did you mean "luv"?', 1, true)
    assert.truthy(refusal(5):find "must be a table or one of: own, nginx")
  end)

  it("can be changed until something begins, and not after", function()
    local given = host()
    assert.equal("given", hosts(given))
    assert.equal("own", hosts "own")
    scheduler.go(function() end)
    assert.equal("own", hosts "own")
    assert.truthy(refusal(given):find "host: own is in use already")
  end)
end)
