-- SPDX-License-Identifier: MIT
--
-- Users of Redis who may do only what they need: the rights that scripts/FLEET.md lists are
-- enough, fewer are not, and a message says what lacks.
local fleets = require "spec.support.real.fleet"
local run = require "spec.support.harness.run"

local LIST = "--prefix 1.0.0.0/26 --lease 16"

describe("a fleet of users with few rights", function()
  local fleet = fleets.each(before_each, after_each)

  -- Gives the users of scripts/FLEET.md what is written there.
  local function users()
    local n = 0
    local text = run.read "scripts/FLEET.md":gsub("\\\n *", "")
    for words in text:gmatch "\nACL (SETUSER [^\n]+)" do
      n = n + 1
      assert.equal("OK", fleet:redis("ACL " .. words:gsub("[>~|*]", "\\%0")))
    end
    assert.equal(3, n)
  end

  local function as(user) fleet.url = ("unix://%s:SECRET@%s"):format(user, fleet.server.path) end

  before_each(users)

  it("submits, works, shows, drains and forgets", function()
    as "submitter"
    fleet:good("submit", "s --strategy doubletree --shared " .. LIST)
    fleet:good("submit", "some --share n --from 1 --points a,b " .. LIST)
    fleet:good("pause", "s")
    fleet:good("resume", "s")
    as "worker"
    for _, name in ipairs { "a", "b" } do
      assert.falsy(fleet:good("work", "--once --name " .. name).err:find("right", 1, true))
    end
    as "submitter"
    fleet:good("submit", "next --share all --points a " .. LIST)
    assert.equal(3, #fleet:status().campaigns)
    as "drain"
    assert.equal(64, (fleets.dsts(fleet:drained "s")))
    assert.equal(64, (fleets.dsts(fleet:drained "some")))
    as "submitter"
    fleet:good("cancel", "next")
    for _, name in ipairs { "s", "some", "next" } do fleet:good("forget", name) end
    assert.equal("", fleet:redis "KEYS '*'")
  end)

  it("goes on without INFO, and says so", function()
    fleet:redis "ACL SETUSER u on '>SECRET' '~*' +@all -@dangerous"
    as "u"
    local got = fleet:good("submit", "s " .. LIST)
    assert.equal(("fleet: unix://%s: its user may not run INFO; going on without its version\n")
      :format(fleet.server.path), got.err)
    fleet:good("work", "--once --name a")
    assert.equal(64, (fleets.dsts(fleet:drained "s")))
  end)

  for _, case in ipairs {
    { "worker", "-xreadgroup", "work", "--once --name a", "XREADGROUP on mtr:fleet:{s}:leases" },
    { "worker", "-xadd", "work", "--once --name a", "EVAL on mtr:fleet:{s}:meta" },
    { "submitter", "-eval", "submit", "t " .. LIST, "EVAL on mtr:fleet:campaigns" },
    { "submitter", "-exists", "submit", "t --share all " .. LIST,
      "EXISTS on mtr:fleet:worker:gone" },
    { "drain", "resetkeys", "drain", "s", "HGETALL on mtr:fleet:{s}:meta" },
  } do
    it(("says what lacks: %s %s"):format(case[1], case[2]), function()
      as "submitter"
      fleet:good("submit", "s " .. LIST)
      fleet:redis "HSET mtr:fleet:workers gone x"
      fleet:redis(("ACL SETUSER %s %s"):format(case[1], case[2]))
      as(case[1])
      local got = fleet:run(case[3], case[4])
      assert.equal(1, got.status, got.err)
      assert.truthy(got.err:find(("the user %s lacks the right to run %s"):format(case[1], case[5]),
        1, true), got.err)
      assert.truthy(got.err:find("scripts/FLEET.md lists what a fleet needs", 1, true), got.err)
    end)
  end
end)
