-- SPDX-License-Identifier: MIT
--
-- The options of a server, against their annotations, and what is said of wrong ones.
local annotations = require "spec.support.style.annotations"
local options = require "mtr.serve.options"

describe("every option of a server", function()
  it("is a field of mtr.ServeOptions", function()
    assert.same({}, annotations.differences(options.declaration, options.declaration.names,
      annotations.fields("lua/mtr/serve/options.lua", "mtr.ServeOptions")))
  end)

  it("has its default, or the one that is given", function()
    local server = {}
    assert.is_nil(options.take(server, { socket = "s", client_rate = "5/s" }))
    assert.same({ "s", tonumber("600", 8), 5, 64, 65536 }, { server.socket, server.mode,
      server.client_rate, server.max_clients, server.max_line })
    server = {}
    assert.is_nil(options.take(server, { socket = "s", allow_gid = { 7 } }))
    assert.same({ tonumber("666", 8), 0 }, { server.mode, server.client_rate })
  end)

  for message, opts in pairs {
    ["serve: socket is missing"] = {},
    ['serve: socket must be a path of 1..107 bytes, got ""'] = { socket = "" },
    ["serve: socket must be a path of 1..107 bytes, got 7"] = { socket = 7 },
    ['serve: mode must be three octal digits, such as "660", got "0660"'] = { mode = "0660" },
    ['serve: unknown option "max_client"; did you mean "max_clients"?'] = { max_client = 1 },
    ["serve: max_unread must be 524288..1073741824, got 1"] = { max_unread = 1 },
    ["serve: allow_uid must be a list of numbers, got 7"] = { allow_uid = 7 },
  } do
    it("is refused: " .. message, function() assert.equal(message, options.take({}, opts)) end)
  end
end)
