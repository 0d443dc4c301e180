-- SPDX-License-Identifier: MIT
--
-- How the host of another program is found: names are looked up, and what is neither a name nor an
-- address is said to be wrong.
local mtr = require "mtr"
local dial = require "mtr.fleet.dial"
local default = require "mtr.engine.default"
local resolve = require "mtr.wait.resolve"

describe("dialling", function()
  local engine, kept, asked

  before_each(function()
    engine = assert(mtr.engine { sim = { source = "a", nodes = { a = "192.0.2.1" } } })
    kept, asked = { resolve.start, default.for_timers }, nil
    default.for_timers = function() return engine end
    resolve.start = function(of, name, family, done, real)
      assert.equal(engine, of)
      asked = { name, family, real }
      done(nil, ("ENOENT: name %q not found: it has no address"):format(name), "ENOENT")
      return {}
    end
  end)

  after_each(function()
    resolve.start, default.for_timers = kept[1], kept[2]
    engine:close()
  end)

  local function open(host)
    return { dial.open({ host = host, port = 6379, shown = "redis://" .. host }, {}, 1000) }
  end

  it("looks a name up on the real network, and says that it is not found", function()
    assert.same({ nil, 'ENOENT: name "no.such.name" not found: it has no address, for '
      .. "redis://no.such.name", "ENOENT" }, open "no.such.name")
    assert.same({ "no.such.name", 0, true }, asked)
  end)

  it("says that a text is neither an address nor a name, and asks nobody", function()
    for _, host in ipairs { "300.1.1.1", "1.2.3", "fe80::1%lo", "fe80::1%nosuch", "::x" } do
      assert.same({ nil, ('EINVAL: %q is not an address that can be connected to, or a name, for '
        .. "redis://%s"):format(host, host), "EINVAL" }, open(host))
    end
    assert.is_nil(asked)
  end)
end)
