-- SPDX-License-Identifier: MIT
--
-- Paths in letters: each word is a hop, "." is silent, "ab" are two addresses of one hop; a path
-- that ends in "!" has reached its target.
local path = require "mtr.change.path"

local function made(text)
  local hops = {}
  for word in text:gmatch "[%l.]+" do
    local addrs = {}
    for letter in word:gmatch "%l" do addrs[#addrs + 1] = letter end
    hops[#hops + 1] = addrs
  end
  return { hops = hops, length = text:find "!" and #hops or nil }
end

local function text(known)
  local words = {}
  for ttl, addrs in ipairs(known.hops) do words[ttl] = addrs[1] and table.concat(addrs) or "." end
  return table.concat(words, " ") .. (known.length and " !" or "")
end

local SIGNS = { added = "+", removed = "-", moved = ">" }

local function changes(before, now)
  local words = {}
  for i, one in ipairs(path.changes(made(before), made(now))) do
    words[i] = SIGNS[one.change] .. one.addr .. (one.from or "") .. one.ttl
  end
  return table.concat(words, " ")
end

describe("a known path", function()
  -- the known path, another one, whether they differ, the changes, what is known then.
  for _, case in ipairs {
    { "a b c !", "a b c !", false },
    { "a b c !", "a x c !", true, "-b2 +x2", "a x c !" },
    { "a b c !", "a x b c !", true, "+x2 >b23 >c34", "a x b c !" },
    { "a x b c !", "a b c !", true, "-x2 >b32 >c43", "a b c !" },
    { "a b c !", "a . c !", false },
    { "a . c !", "a b c !", false },
    { "a bx c !", "a x c !", false },
    { "a bx d !", "a x e !", true, "-d3 +e3", "a xb e !" },
    { "a b c d !", "a b", false },
    { "a b c d !", "a x", true, "-b2 +x2", "a x c d !" },
    { "a b c d !", "a . d !", true, "-c3 >d43", "a b d !" },
    { "a b", "a b c !", false },
    { "a a b !", "a b !", true, ">b32", "a b !" },
  } do
    local before, now, differs, told, after = unpack(case, 1, 5)
    it(("%s: %s"):format(before, now), function()
      assert.equal(differs, path.differs(made(before), made(now)))
      if not differs then return end
      assert.equal(told, changes(before, now))
      assert.equal(after, text(path.after(made(before), made(now))))
    end)
  end

  -- d: an address of many routers; t: the target's. They say nothing about where a router went.
  for _, case in ipairs {
    { "d b c t !", "a b d t !", "-d1 +a1 -c3 +d3" },
    { "d b d t !", "d b c t !", "-d3 +c3" },
    { "d b c t !", "d b d t !", "-c3 +d3" },
    { "t b c t !", "a b t t !", "-t1 +a1 -c3 +t3" },
    { "a b t !", "a b c t !", "+c3 >t34" },
  } do
    it(("tells of no move by an address that names no router: %s, %s"):format(case[1], case[2]),
      function()
        local words = {}
        for i = 1, 2 do
          words[i] = made(case[i])
          for _, addrs in ipairs(words[i].hops) do
            addrs[1] = ({ d = "192.0.0.8", t = "203.0.113.9" })[addrs[1]] or addrs[1]
          end
        end
        local list = {}
        for i, one in ipairs(path.changes(words[1], words[2])) do
          local letter = ({ ["192.0.0.8"] = "d", ["203.0.113.9"] = "t" })[one.addr] or one.addr
          list[i] = SIGNS[one.change] .. letter .. (one.from or "") .. one.ttl
        end
        assert.equal(case[3], table.concat(list, " "))
      end)
  end

  it("learns alternatives, up to its length", function()
    local known = made "a b d !"
    path.merge(known, made "a c d e !")
    path.merge(known, made "x")
    assert.equal("ax bc d !", text(known))
    local none = made "a ."
    path.merge(none, made "a b c !")
    assert.equal("a b c !", text(none))
  end)

  it("is made of the answers of a trace", function()
    local function reply(addr, flag) return { addr = addr, [flag or "x"] = true } end
    local seen = path.of { stop_reason = "completed", hop_count = 3, hops = {
      { replies = { reply "a", reply "b", reply "a", reply("c", "late") } }, { replies = {} },
      { replies = { reply("d", "dup"), reply("e", "ignored"), reply "f" } } } }
    assert.equal("ab . f !", text(seen))
    assert.is_nil(path.of({ stop_reason = "gaplimit", hop_count = 1, hops = {} }).length)
  end)
end)
