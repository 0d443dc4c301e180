-- SPDX-License-Identifier: MIT
--
-- Damaged lines of clients that drive scamper: what they say when they attach, what they may ask
-- before, and commands. Each is read, or refused with one short line that can be printed.
local command = require "mtr.attach.command"
local control = require "mtr.attach.control"
local params = require "mtr.attach.params"
local random = require "spec.support.harness.random"

local CORPUS = "spec/fuzz/corpus/attach/"

local PARTS = { '"', " ", "\t", "\0", "\r", "\27[2J", "\255", "-", "--", " -P ", "4294967296", "-1",
  "1e999", "attach ", "format ", "name ", "name name ", "trace ", "set pps ", ("x"):rep(300),
  ("0"):rep(40), "::", "%s%d" }

-- One damage to a text.
local function damage(text, chance)
  local at, kind = chance(#text + 1), chance(5)
  if kind == 1 then return text:sub(1, at - 1) end
  if kind == 2 then return text:sub(1, at - 1) .. text:sub(at + chance(9)) end
  if kind == 3 then
    return text:sub(1, at - 1) .. string.char(chance(256) - 1) .. text:sub(at + 1)
  end
  if kind == 4 then return text:sub(at) .. " " .. text end
  return text:sub(1, at - 1) .. PARTS[chance(#PARTS)] .. text:sub(at)
end

local function printable(text)
  assert(type(text) == "string" and #text < 200 and not text:find "[^\32-\126]", text)
end

describe("damaged lines of a client", function()
  local seeds, client, rate = {}, nil, nil

  setup(function()
    for path in io.popen("ls " .. CORPUS .. "*"):lines() do
      local file = assert(io.open(path, "rb"))
      seeds[#seeds + 1] = file:read "*a"
      file:close()
    end
  end)

  before_each(function()
    rate = 100
    client = { leave = function() end, server = {
      pool = { window = 7, under_way = 3 }, pps = function() return rate end,
      most_pps = function() return 100 end, shutdown = function() end,
      set_pps = function(_, n) rate = n end,
    } }
  end)

  -- Gives each kind of reader damaged seeds that begin with one of its words.
  local function damaged(seed, words, fn)
    local chance, mine = random(seed), {}
    for _, text in ipairs(seeds) do
      if words[text:match "^%a+"] then mine[#mine + 1] = text end
    end
    for i = 1, 4000 do
      local text = mine[i % #mine + 1]
      for _ = 1, chance(3) do text = damage(text, chance) end
      fn(text)
    end
  end

  it("that attach", function()
    local right, refused = 0, 0
    damaged(1, { attach = true }, function(text)
      local read, problem = params.read((text:gsub("^attach", "")))
      if not read then
        refused = refused + 1
        return printable(problem)
      end
      right = right + 1
      assert(read.format == "warts" or read.format == "json")
      assert(read.priority >= 1 and read.priority <= 100000)
      assert((read.cycle or 0) <= 4294967295 and (read.list_id or 0) <= 4294967295)
      for _, name in ipairs { "list", "description", "monitor" } do
        if read[name] then assert(#read[name] < 256 and not read[name]:find "[^\t\32-\126]") end
      end
    end)
    assert(right > 50 and refused > 1000, right)
  end)

  it("that ask before they attach", function()
    local right, refused = 0, 0
    damaged(2, { get = true, set = true, shutdown = true, exit = true }, function(text)
      local answer = control.answer(client, text)
      if answer then printable(answer) end
      if answer and answer:find "^OK" then right = right + 1 else refused = refused + 1 end
      assert(rate >= 1 and rate <= 100 and rate % 1 == 0)
    end)
    assert(right > 50 and refused > 1000, right)
  end)

  it("that command", function()
    local right, refused = 0, 0
    damaged(3, { trace = true, ping = true, tracelb = true }, function(text)
      local read, problem = command.read(text)
      if read then
        right = right + 1
        assert(read.kind and read.dst and read.options.timeout >= 1)
      else
        refused = refused + 1
        printable(problem)
      end
    end)
    assert(right > 50 and refused > 1000, right)
  end)
end)
