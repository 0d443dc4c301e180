-- SPDX-License-Identifier: MIT
--
-- How values are shown to a person.
local show = require "mtr.script.show"

describe("a shown value", function()
  local loop = { 1 }
  loop[2] = loop
  for name, case in pairs {
    ["text in quotes"] = { "a b", '"a b"' },
    ["safe text"] = { "a\27[2Jb\n", '"a?[2Jb?"' },
    ["a number"] = { 0.1, "0.1" },
    ["nothing"] = { nil, "nil" },
    ["a list"] = { { 1, "b", true }, '{ 1, "b", true }' },
    ["names in order"] = { { z = 1, a = 2, [3] = 4 }, "{ [3] = 4, a = 2, z = 1 }" },
    ["an empty table"] = { {}, "{}" },
    ["no private fields"] = { { _hidden = 1, seen = 2 }, "{ seen = 2 }" },
    ["a table in itself once"] = { loop, "{ 1, {...} }" },
    ["few levels"] = { { { { { { {} } } } } }, "{ { { { {...} } } } }" },
    ["safe names"] = { { ["a\27"] = 1 }, "{ a? = 1 }" },
  } do
    it("is " .. name, function() assert.equal(case[2], show.value(case[1])) end)
  end

  it("has a line for each member if it is long", function()
    local long = ("x"):rep(50)
    assert.equal(('{\n  a = "%s",\n  b = { 1, 2 },\n  c = "%s"\n}'):format(long, long),
      show.value { a = long, b = { 1, 2 }, c = long })
  end)

  it("ends after a hundred members", function()
    local many = {}
    for i = 1, 150 do many[i] = i end
    assert.truthy(show.value(many):find "  100,\n  %.%.%. and 50 more\n}$")
  end)
end)
