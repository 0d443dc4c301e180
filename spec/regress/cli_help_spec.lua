-- SPDX-License-Identifier: MIT
--
-- Lines of a help text that mtr.cli could not read were silently misread.
local mtr = require "mtr"

describe("a help text that cannot be read", function()
  for what, help in pairs {
    ["an option's value"] = "usage: x [options]\n  --shard I/N             a part\n",
    ["an option's name"] = "usage: x [options]\n  -count N                how many\n",
    ["a positional argument"] = "usage: x [options] FILE\n",
    ["TARGET as an option's value"] = "usage: x [options] --to TARGET...\n",
    ["TARGET and another"] = "usage: x TARGET... FILE\n",
  } do
    it("is an error at once: " .. what, function()
      assert.error_matches(function() mtr.cli("x", help):parse {} end, "^cli: cannot read the ")
    end)
  end
end)
