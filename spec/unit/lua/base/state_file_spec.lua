-- SPDX-License-Identifier: MIT
--
-- Files with a state: read whole, or not at all.
local run = require "spec.support.harness.run"
local state_file = require "mtr.base.state_file"

describe("a file with a state", function()
  teardown(run.clean)

  it("is read whole, and may be missing", function()
    local text = ("x\0\r\n"):rep(100000)
    assert.equal(text, state_file.read(run.file("state", text)))
    assert.same({ n = 1 }, { n = select("#", state_file.read(run.dir() .. "/none")),
      (state_file.read(run.dir() .. "/none")) })
  end)

  it("that cannot be read is a failure", function()
    local text, message, name = state_file.read(run.dir())
    assert.same({ nil, "EISDIR: is a directory: " .. run.dir(), "EISDIR" }, { text, message, name })
  end)

  it("is refused by what is wrong with it", function()
    local text = "EPROTO: a: this state has version 3; this mtrlua reads version 1"
    assert.same({ nil, text, "EPROTO" }, { state_file.other_version("a", 3, 1) })
  end)
end)
