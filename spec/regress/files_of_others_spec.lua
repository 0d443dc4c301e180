-- SPDX-License-Identifier: MIT
--
-- As root, files of other users could not be used, and nothing said why. Now root's mtrlua keeps
-- the right to files; under sudo(8) it is its caller, who cannot use the files of others.
local run = require "spec.support.harness.run"

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
    it("can be used by root, and not under sudo, as " .. what, function()
      if not root then pending "needs root" end
      run.file("secret.lua", ("local mtr, path = require 'mtr', arg[1] print(select(2, %s))")
        :format(script))
      local files = "chmod 755 $DIR && install -m 600 -o nobody /dev/null $DIR/secret && "
      local got = run.run(files .. '"$MTR_PROGRAM" "$DIR/secret.lua" $DIR/secret')
      assert.is_nil((got.out .. got.err):find "EACCES")
      got = run.run(files .. 'SUDO_UID=1 SUDO_GID=1 "$MTR_PROGRAM" "$DIR/secret.lua" $DIR/secret')
      assert.equal(0, got.status)
      assert.matches("^EACCES: ", got.out)
    end)
  end
end)
