-- SPDX-License-Identifier: MIT
--
-- The bounds of replies: whatever comes in whatever pieces, hiredis gets all bytes of good replies
-- and none that would make it take much time or memory.
local resp_guard = require "mtr.fleet.resp_guard"
local random = require "spec.support.harness.random"
local resp = require "mtr.fleet.resp"

local CORPUS = "spec/fuzz/corpus/resp/"

-- Gives text to a guard in pieces of at most `size` bytes: what it lets pass, and what it refuses.
local function passed(text, size)
  local guard, parts = resp_guard.new(), {}
  for first = 1, #text, size do
    local bytes, message = guard:take(text:sub(first, first + size - 1))
    parts[#parts + 1] = bytes
    if message then return table.concat(parts), message end
  end
  return table.concat(parts), nil, guard
end

describe("the bounds of replies #luajit", function()
  for text, message in pairs {
    ["*1000000000\r\n"] = "a list of 1000000000 elements; at most 1048576 are taken",
    ["*1048577\r\n"] = "a list of 1048577 elements; at most 1048576 are taken",
    ["*99999999999999999999\r\n"] = "a list of 100000000000000000000 elements; at most 1048576 "
      .. "are taken",
    ["$268435457\r\n"] = "a text of 268435457 bytes; at most 268435456 are taken",
    [("*1\r\n"):rep(8)] = "lists in lists, deeper than 7; that many are taken",
    ["*2\r\n" .. ("*1\r\n"):rep(7)] = "lists in lists, deeper than 7; that many are taken",
    ["*-2\r\n"] = "Protocol error: a reply with a damaged length",
    ["$1x\r\n"] = "Protocol error: a reply with a damaged length",
    ["*0x10\r\n"] = "Protocol error: a reply with a damaged length",
    ["$ 3\r\nabc\r\n"] = "Protocol error: a reply with a damaged length",
    ["%1\r\n"] = "Protocol error: a reply of an unknown kind",
    ["\r\n"] = "Protocol error: a reply of an unknown kind",
    ["+" .. ("a"):rep(70000)] = "Protocol error: a line without an end",
  } do
    it(("refuse %s"):format(text:sub(1, 30):gsub("\r\n", " ")), function()
      local before = "+OK\r\n$3\r\n*9\r\r\n*2\r\n:1\r\n$-1\r\n"
      for _, size in ipairs { 1, 7, 1e6 } do
        local bytes, problem = passed(before .. text, size)
        assert.equal(message, problem)
        assert.equal(before, bytes:sub(1, #before))
      end
    end)
  end

  it("let large replies pass, and many", function()
    local large = "*1048576\r\n" .. ("$0\r\n\r\n"):rep(1048576)
    assert.is_true(passed(large .. ":1\r\n", 65536) == large .. ":1\r\n")
    local deep = ("*1\r\n"):rep(6) .. "*0\r\n"
    assert.equal(deep:rep(9), (passed(deep:rep(9), 5)))
  end)

  -- A reply with texts of so many bytes, in pieces: what hiredis gets.
  local function skimmed(sizes, piece, may_be_large)
    local guard, parts = resp_guard.new(), {}
    local function take(bytes)
      local out, message = guard:take(bytes)
      if message then error(message, 0) end
      parts[#parts + 1] = #out > 100 and out:find "^x+$" and "x" or out
    end
    guard.large[2] = may_be_large
    take ":1\r\n"
    take(("*%d\r\n"):format(2 * #sizes))
    for _, size in ipairs(sizes) do
      local head = ("$%d\r\n"):format(size)
      for i = 1, #head do take(head:sub(i, i)) end
      local left = size
      while left > 0 do
        take(left < #piece and piece:sub(1, left) or piece)
        left = left - math.min(left, #piece)
      end
      take "\r"
      take "\n:7\r\n"
    end
    return (table.concat(parts):gsub("x+", "x"))
  end

  it("take numbers for texts that are too large, if a reply may have them", function()
    local piece = ("x"):rep(2 ^ 22 + 1)
    assert.equal(":1\r\n*6\r\n$3\r\nx\r\n:7\r\n:300000000\r\n:7\r\n$3\r\nx\r\n:7\r\n",
      skimmed({ 3, 300000000, 3 }, piece, true))
    assert.equal(":1\r\n*6\r\n$70000000\r\nx\r\n:7\r\n$70000000\r\nx\r\n:7\r\n"
      .. ":70000000\r\n:7\r\n", skimmed({ 7e7, 7e7, 7e7 }, piece, true))
    assert.has_error(function() skimmed({ 300000000 }, piece) end,
      "a text of 300000000 bytes; at most 268435456 are taken")
    assert.has_error(function() skimmed({ 2 ^ 33 }, piece, true) end,
      "a text of 8589934592 bytes; at most 268435456 are taken")
  end)

  it("refuse a reply that does not end", function()
    local guard = resp_guard.new()
    local piece, message, n = ("x"):rep(2 ^ 24), nil, 0
    assert.is_nil(select(2, guard:take "*9\r\n"))
    while not message and n < 40 do    -- pieces of texts of 2^28 bytes, end and all
      if n % 16 == 0 then assert.is_nil(select(2, guard:take(("$%d\r\n"):format(2 ^ 28 - 2)))) end
      message, n = select(2, guard:take(piece)), n + 1
    end
    assert.equal(32, n)
    assert.equal("a reply of more than 536870912 bytes", message)
  end)

  -- A reply of any kind.
  local function reply(chance, depth)
    local kind = chance(depth < 4 and 7 or 5)
    if kind == 1 then return (":%d\r\n"):format(chance(1e6)) end
    if kind == 2 then return "+" .. ("*9$"):rep(chance(3)) .. "\n\r\r\n" end
    if kind == 3 then return "-ERR \255\r\n" end
    if kind == 4 then return chance(2) == 1 and "$-1\r\n" or "*-1\r\n" end
    if kind == 5 then
      local text = ("*1000000000\r\n$5\r\n"):rep(chance(4)):sub(chance(9))
      return ("$%d\r\n%s\r\n"):format(#text, text)
    end
    local n, parts = chance(4) - 1, {}
    for i = 1, n do parts[i] = reply(chance, depth + 1) end
    return ("*%d\r\n"):format(n) .. table.concat(parts)
  end

  it("let all good replies pass, in any pieces", function()
    local chance = random(3)
    for _ = 1, 2000 do
      local parts = {}
      for i = 1, chance(6) do parts[i] = reply(chance, 1) end
      local text = table.concat(parts)
      local bytes, message, guard = passed(text, chance(20))
      assert.is_nil(message)
      assert.equal(text, bytes)
      assert.same({ "", 0, 0, {} }, { guard.rest, guard.skip, guard.size, guard.left })
    end
  end)

  -- The last reply that hiredis alone makes of bytes, and its message.
  local function last(bytes)
    local reader = assert(resp.reader())
    reader.guard, reader.refused = { take = function(_, all) return all end }, nil
    reader:feed(bytes)
    local previous, one, message
    repeat
      previous = one
      one, message = reader:next()
    until one == nil
    reader:close()
    return previous, message
  end

  it("let pass a beginning of any bytes, the same in any pieces", function()
    local chance, refused, ends, seeds = random(5), 0, 0, {}
    for path in io.popen("ls " .. CORPUS .. "*"):lines() do
      local file = assert(io.open(path, "rb"))
      seeds[#seeds + 1] = file:read "*a"
      file:close()
    end
    local PARTS = { "*", "$", ":", "-", "+", "\r\n", "1", "9", "0", "-1", "\r", "\n", "\0" }
    for _ = 1, 5000 do
      local text = reply(chance, 1) .. seeds[chance(#seeds)] .. reply(chance, 1)
      for _ = 1, chance(4) do
        local at = chance(#text + 1)
        text = text:sub(1, at - 1) .. PARTS[chance(#PARTS)] .. text:sub(at + chance(3) - 1)
      end
      local bytes, message, guard = passed(text, #text)
      local again, same = passed(text, chance(5))
      assert.equal(text:sub(1, #bytes), bytes)
      assert.same({ bytes, message }, { again, same })
      -- Where the guard sees the end of a reply, hiredis does too, unless a number is damaged.
      if guard and guard.rest == "" and guard.skip == 0 and not guard.left[1] then
        local value, bug = last(bytes .. ":77\r\n")
        if bug then assert.matches("^Bad ", bug) else assert.equal(77, value) end
        ends = ends + 1
      end
      if message then refused = refused + 1 end
    end
    assert(refused > 500 and refused < 4500, refused)
    assert(ends > 500, ends)
  end)
end)
