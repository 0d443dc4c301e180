-- SPDX-License-Identifier: MIT
--
-- As root, files of other users could not be used, and nothing said why: mtrlua gives up root's
-- power over files before a script runs.
local run = require "spec.support.harness.run"

local WHY = " (mtrlua gives up root's power over the files of other users)"
local root = run.run("id -u").out == "0\n"

describe("a file of another user", function()
  teardown(run.clean)

  for what, script in pairs {
    ["a list of targets"] = "mtr.targets.file(path)",
    ["a report"] = "mtr.report.jsonl(path):start()",
    ["a network"] = "mtr.engine { sim = path }",
    ["an exclude list"] = "mtr.engine { sim = { nodes = { me = '10.0.0.1' } }, exclude = path }",
    ["a recording"] = "mtr.engine { replay = path }",
  } do
    it("is refused with the reason, as " .. what, function()
      if not root then pending "needs root" end
      run.file("secret.lua", ("local mtr, path = require 'mtr', arg[1] print(select(2, %s))")
        :format(script))
      local got = run.run("install -m 600 -o nobody /dev/null $DIR/secret && "
        .. '"$MTR_PROGRAM" "$DIR/secret.lua" $DIR/secret')
      assert.equal(0, got.status)
      assert.matches("^EACCES: ", got.out)
      assert.matches(WHY, got.out, 1, true)
    end)
  end
end)
