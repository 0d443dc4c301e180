-- SPDX-License-Identifier: MIT
--
-- No Lua modules require each other in a circle, and the check for that notices when they do.
local circles = require "spec.support.style.circles"

describe("circles of Lua modules", function()
  it("are not in this tree", function()
    local files, n, pipe = {}, 0, assert(io.popen "find lua/mtr -name '*.lua'")
    for path in pipe:lines() do
      local file = assert(io.open(path))
      files[path], n = file:read "*a", n + 1
      file:close()
    end
    pipe:close()
    assert.truthy(n > 80)
    assert.same({}, circles.check(files))
  end)

  for what, case in pairs {
    ["of two"] = { { a = 'require "mtr.base.b"', b = "local a = require('mtr.base.a')" },
      "mtr.base.a -> mtr.base.b -> mtr.base.a" },
    ["of three, behind one that is in none"] = { { a = 'require "mtr.base.b"',
      b = 'require "mtr.base.c"', c = 'require "mtr.base.d"', d = 'require "mtr.base.b"' },
      "mtr.base.b -> mtr.base.c -> mtr.base.d -> mtr.base.b" },
    ["inside a function"] = { { a = 'return { b = function() return require "mtr.base.b" end }',
      b = 'require "mtr.base.a"' }, "mtr.base.a -> mtr.base.b -> mtr.base.a" },
    ["of a room and its file"] = { { init = 'require "mtr.base.b"', b = 'require "mtr.base"' },
      "mtr.base -> mtr.base.b -> mtr.base" },
    ["not in a comment"] = { { a = 'require "mtr.base.b"', b = '-- require "mtr.base.a"' } },
    ["not by two ways to one"] = { { a = 'require "mtr.base.b" require "mtr.base.c"',
      b = 'require "mtr.base.c"', c = "" } },
  } do
    it("are seen " .. what, function()
      local files = {}
      for name, text in pairs(case[1]) do files["lua/mtr/base/" .. name .. ".lua"] = text end
      assert.same({ case[2] }, circles.check(files))
    end)
  end
end)
