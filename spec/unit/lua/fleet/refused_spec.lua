-- SPDX-License-Identifier: MIT
--
-- What is said of commands that Redis refuses.
local refused = require "mtr.fleet.refused"

local WRONGTYPE = "WRONGTYPE Operation against a key holding the wrong kind of value"
local LEASES, LEFT = "mtr:fleet:{s}:leases", "mtr:fleet:{s}:left"
local EVAL = { "EVAL", "return 1", 2, LEASES, LEFT, "an argument" }

describe("refused", function()
  it("knows the keys of each command", function()
    for _, case in ipairs {
      { EVAL, LEASES, LEFT },
      { { "XREADGROUP", "GROUP", "all", "a", "COUNT", 2, "STREAMS", LEASES, ">" }, LEASES },
      { { "XINFO", "GROUPS", LEASES }, LEASES }, { { "HGETALL", LEFT }, LEFT }, { { "TIME" } },
    } do
      assert.same({ unpack(case, 2) }, refused.keys(case[1]))
    end
  end)

  for _, case in ipairs {
    { "of Redis 7", WRONGTYPE },
    { "of a script in Redis 6", "ERR Error running script: @user_script:2: " .. WRONGTYPE },
  } do
    it("names the foreign one among the keys, for an error " .. case[1], function()
      local function look(key) return key == LEFT and "list" or "none" end
      local message, name = refused.message(case[2], EVAL, nil, look)
      assert.equal("WRONGTYPE", name)
      assert.equal(LEFT .. " is a list, and no hash of a fleet: another program uses this name; "
        .. "rename or delete it, or give the fleet another database (redis://HOST/1) (Redis says: "
        .. case[2] .. ")", message)
    end)
  end

  it("names all keys if it cannot look, or the only one", function()
    local message = refused.message(WRONGTYPE, EVAL)
    local both = "one of these keys is not of a fleet: " .. LEASES .. ", " .. LEFT
    assert.truthy(message:find(both, 1, true), message)
    message = refused.message(WRONGTYPE, { "XADD", "mtr:fleet:{s}:stops" })
    assert.truthy(message:find("mtr:fleet:{s}:stops is no stream of a fleet", 1, true), message)
  end)

  for _, text in ipairs {
    "NOPERM this user has no permissions to run the 'eval' command",
    "ERR The user executing the script can't run this command or subcommand script: 1",
    "ERR ACL failure in script: User w has no permissions to run the 'xadd' command",
  } do
    it("says what right lacks: " .. text, function()
      local message, name = refused.message(text, EVAL, "w")
      assert.equal("NOPERM", name)
      assert.equal(("the user w lacks the right to run EVAL on %s, %s, or a command of its script; "
        .. "scripts/FLEET.md lists what a fleet needs (Redis says: %s)"):format(LEASES, LEFT,
        text), message)
      assert.is_true(refused.lasting { error = text })
    end)
  end

  it("leaves other errors as they are, which may pass", function()
    assert.same({ "Redis says: OOM command not allowed?[m", "OOM" },
      { refused.message("OOM command not allowed\27[m", EVAL) })
    assert.is_false(refused.lasting { error = "OOM command not allowed" })
    for _, reply in ipairs { false, 1, "OK", { "a" } } do assert.falsy(refused.lasting(reply)) end
    assert.is_true(refused.lasting { error = WRONGTYPE })
  end)
end)
