-- SPDX-License-Identifier: MIT
--
-- The values of options in a command line, and what is said of wrong ones.
local option_values = require "mtr.script.option_values"

describe("the values of options", function()
  local function cli(args)
    return { args = args, taken = {}, usage = function(_, message) error(message, 0) end }
  end

  it("are taken once; an option of several values that was not given is nil", function()
    local given = cli { rate = 5, prefix = {}, output = { "csv" }, quiet = false }
    local function take(name) return option_values.take(given, name) end
    assert.same({ 5, { "csv" }, false }, { take "rate", take "output", take "quiet" })
    assert.is_nil(take "prefix")
    assert.is_nil(take "rate")
    assert.same({}, given.args)
  end)

  it("are lists with commas or blanks", function()
    assert.same({ "a", "b", "c" }, option_values.list(cli { only = "a,b, c," }, "only"))
    assert.is_nil(option_values.list(cli { only = " , " }, "only"))
    assert.is_nil(option_values.list(cli {}, "only"))
  end)

  local function choice(given, ...) return option_values.choice(cli(given), ...) end
  local function number(n)
    return option_values.number(cli { hop_count = n }, "hop_count", 1, 9, 3)
  end

  it("are words of a choice and whole numbers", function()
    assert.equal("b", choice({ how_far = "b" }, "how_far", { "a", "b" }))
    assert.equal("a", choice({}, "how_far", { "a", "b" }))
    assert.has_error(function() choice({ how_far = "x" }, "how_far", { "a", "b", "c" }) end,
      "--how-far must be a, b or c, got 'x'")
    assert.equal(7, number(7))
    assert.equal(3, number())
    for _, wrong in ipairs { 0, 10, 1.5, "x" } do
      assert.has_error(function() number(wrong) end,
        "--hop-count must be 1..9, got " .. wrong)
    end
  end)

  local function outputs(given)
    local function make(format, path)
      return format .. " to " .. path, path == "secret" and "csv=..." or nil
    end
    return option_values.outputs(cli { output = given }, "text", { "text", "csv" }, make)
  end

  it("are outputs", function()
    for given, wanted in pairs { [false] = { { "text to -" }, { "text" } },
      [{}] = { { "text to -" }, { "text" } },
      [{ "csv=secret", "text" }] = { { "csv to secret", "text to -" }, { "csv=...", "text" } },
      [{ "csv", "text=a=b" }] = { { "csv to -", "text to a=b" }, { "csv", "text=a=b" } } } do
      assert.same(wanted, { outputs(given or nil) })
    end
    for wrong, message in pairs { ["csv,csv="] = "two outputs cannot share '-'",
      ["csv=a,text=a"] = "two outputs cannot share 'a'",
      ["=a"] = "--output must be one of text, csv, or one with =FILE; got '=a'",
      ["xml"] = "--output must be one of text, csv, or one with =FILE; got 'xml'" } do
      local given = {}
      for text in wrong:gmatch "[^,]+" do given[#given + 1] = text end
      assert.has_error(function() outputs(given) end, message)
    end
  end)
end)
