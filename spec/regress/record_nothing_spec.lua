-- SPDX-License-Identifier: MIT
--
-- `mtrlua --record FILE simulate` wrote no file and said nothing: the script's own engine is a
-- simulated one, which no recording is of.
local run = require "spec.support.harness.run"

local SCRIPT = run.dir() .. "/plain.lua"

describe("a recording that no engine follows", function()
  setup(function()
    local file = assert(io.open(SCRIPT, "w"))
    file:write "print 'no engine'"
    file:close()
  end)
  teardown(run.clean)

  for word, done in pairs { record = "recorded", replay = "replayed" } do
    it("is an error: " .. word, function()
      local got = run.run(('"$MTR_PROGRAM" --%s x.tape simulate'):format(word))
      assert.same({ 1, ("mtrlua: --%s x.tape: nothing was %s, because the script's engine has its "
        .. "own sim; a simulated network is repeated by its seed\n"):format(word, done) },
        { got.status, got.err })
      assert.matches("to web, flow 0", got.out)
    end)
  end

  it("is none where no engine was opened", function()
    for _, words in ipairs { "simulate --help", SCRIPT } do
      local got = run.run(('"$MTR_PROGRAM" --record x.tape %s'):format(words))
      assert.same({ 0, "" }, { got.status, got.err })
    end
  end)
end)
