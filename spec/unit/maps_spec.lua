-- SPDX-License-Identifier: MIT
--
-- The maps name what is in the tree, and the check for that notices when they do not.
local floors = require "spec.support.style.floors"
local maps = require "spec.support.style.maps"

local function tree()
  local files = {}
  local find = "find . -path ./build -prune -o -path ./.git -prune -o -type f -print"
  local pipe = assert(io.popen(find))
  for path in pipe:lines() do
    local file = assert(io.open(path, "rb"))
    files[path:sub(3)] = file:read("*a")
    file:close()
  end
  pipe:close()
  return files
end

describe("maps", function()
  it("name all that is in this tree, and nothing else", function()
    local files = tree()
    assert.is_truthy(files["core/mtr.h"] and files["spec/README.md"])
    assert.same({}, maps.check(files))
  end)

  -- Of the list of floors.lua, as a picture names it.
  local function named(rooms, top)
    local list = {}
    for i, room in ipairs(rooms) do
      local name = room:sub(#top + 1)
      list[i] = name:find "%.lua$" and name:sub(1, -5) or name:find "%.c$" and name or name .. "/"
    end
    return list
  end

  it("have the rooms in their pictures in the order that the check of floors knows", function()
    local files = tree()
    for map, rooms in pairs { ["core/"] = floors.rooms.core, ["lua/mtr/"] = floors.rooms.lua } do
      local text = files[map:match "^%a+/" .. "README.md"]
      assert.same(named(rooms, map), maps.picture(text))
    end
    assert.same({ "b/", "c", "a/b/" }, maps.picture(
      "text\n\n    a/b/  says\n    === x ===\n    c   b/ says\n    b/  x\n\n    d/  none\n"))
  end)

  local function small()
    return {
      ["README.md"] = "[c](core/README.md) [l](lua/README.md) [s](scripts/README.md#x)\n"
        .. "[t](spec/README.md)\n",
      ["core/README.md"] = "| room | its files |\n|---|---|\n| `base/` | `a` does this |\n"
        .. "| `net/raw/` | `b` does that |\n| top | `main` |\n\n## Words\n\n| `x` | none |\n",
      ["core/base/a.c"] = "", ["core/base/a.h"] = "", ["core/net/raw/b.h"] = "",
      ["core/main.c"] = "",
      ["lua/README.md"] = "[c](../core/README.md)\n| room | its files |\n|---|---|\n"
        .. "| `lib` | loads |\n",
      ["lua/mtr/lib.lua"] = "",
      ["scripts/README.md"] = "text\n| `trace` | a path |\n", ["scripts/trace.lua"] = "",
      ["spec/README.md"] = "text\n| `unit/` | units |\n", ["spec/unit/base/a_spec.lua"] = "",
    }
  end

  it("are whole in a small tree", function()
    assert.same({}, maps.check(small()))
  end)

  -- a file, its text or false for none, the one fault.
  for name, case in pairs {
    ["a file of core"] = { "core/base/c.c", "", "core/README.md: does not name core/base/c.c" },
    ["a file in another room than its row's"] = { "core/net/raw/a.h", "",
      "core/README.md: does not name core/net/raw/a.h" },
    ["a file beside the rooms"] = { "core/b.h", "", "core/README.md: does not name core/b.h" },
    ["a file of core that is gone"] = { "core/net/raw/b.h", false,
      "core/README.md: names net/raw/b, which is not there" },
    ["a file of Lua"] = { "lua/mtr/base/a.lua", "",
      "lua/README.md: does not name lua/mtr/base/a.lua" },
    ["a file of Lua that is gone"] = { "lua/mtr/lib.lua", false,
      "lua/README.md: names lib, which is not there" },
    ["a script"] = { "scripts/a-b.lua", "", "scripts/README.md: does not name scripts/a-b.lua" },
    ["a directory of scripts"] = { "scripts/odd/a.lua", "",
      "scripts/README.md: does not name scripts/odd/a.lua" },
    ["a script that is gone"] = { "scripts/trace.lua", false,
      "scripts/README.md: names trace, which is not there" },
    ["a directory of specs"] = { "spec/net/a_spec.lua", "",
      "spec/README.md: does not name spec/net/" },
    ["a directory of unit specs about none"] = { "spec/unit/odd/a_spec.lua", "",
      "spec/README.md: does not name spec/unit/odd/" },
    ["a directory of specs that is gone"] = { "spec/README.md", "\n| `unit/` | |\n| `sim/` | |\n",
      "spec/README.md: names sim/, which is not there" },
    ["a document that is not there"] = { "core/base/a.h", "/* see notes" .. ".md */",
      "core/base/a.h: refers to notes" .. ".md" },
    ["a document that no link leads to"] = { "lua/A" .. ".md", "[l](README.md)",
      "README.md: leads to no link to lua/A" .. ".md" },
    ["a link to nothing"] = { "README.md", "[c](core/README.md) [l](lua/README.md)\n"
      .. "[s](scripts/README.md) [t](spec/README.md) [x](lua/lib)",
      "README.md: has a link to lua/lib" },
    ["a document that never was there"] = { "core/base/a.h", "/* " .. "DES" .. "IGN 3 */",
      "core/base/a.h: refers to " .. "DES" .. "IGN" },
  } do
    it("are at fault with " .. name, function()
      local files = small()
      files[case[1]] = case[2] or nil
      assert.same({ case[3] }, maps.check(files))
    end)
  end
end)
