-- SPDX-License-Identifier: MIT
--
-- What a client says of itself.
local params = require "mtr.attach.params"

describe("the parameters of attach", function()
  for text, wanted in pairs {
    [""] = { format = "warts", priority = 1 },
    ["priority 3"] = { format = "warts", priority = 3 },
    [' format  json name "a list" '] = { format = "json", priority = 1, list = "a list" },
    ['list_id 7 cycle_id 4294967295 descr "" monitor ams'] = { format = "warts", priority = 1,
      list_id = 7, cycle = 4294967295, description = "", monitor = "ams" },
  } do
    it(("are read: [%s]"):format(text), function() assert.same(wanted, params.read(text)) end)
  end

  for text, problem in pairs {
    ["format xml"] = "format must be warts or json",
    ["foo"] = "command attach param 'foo' failed",
    ["name"] = "command attach param 'name' failed",
    ["priority 0"] = "command attach param 'priority' failed",
    ["cycle_id 4294967296"] = "command attach param 'cycle_id' failed",
    ["list_id -1"] = "command attach param 'list_id' failed",
    [("x"):rep(100) .. " 1"] = "command attach param '" .. ("x"):rep(32) .. "' failed",
    ["name " .. ("x"):rep(256)] = "command attach param 'name' failed",
    ['name "abc'] = "a quote is not closed",
    ["name a\0b"] = "only printable characters are allowed",
    ["name \27[1m"] = "only printable characters are allowed",
  } do
    it(("are refused: [%s]"):format(text:sub(1, 30):gsub("%c", "?")), function()
      assert.same({ nil, problem }, { params.read(text) })
    end)
  end
end)
