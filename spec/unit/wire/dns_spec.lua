-- SPDX-License-Identifier: MIT
--
-- Answers of name servers: whole ones, lies and damage.
local core = require "spec.support.harness.core"

local C, ffi = core.load { "core/wire/dns.h" }

local EAGAIN, ENOMSG, EBADMSG = -11, -42, -74
local A, CNAME, SOA, PTR, TXT = 1, 5, 6, C.DNS_PTR, C.DNS_TXT
local QUESTION = "1.2.0.192.in-addr.arpa"

local function be(n, value)
  local out = ""
  for i = n - 1, 0, -1 do out = out .. string.char(math.floor(value / 256 ^ i) % 256) end
  return out
end

local function name(text)
  local out = ""
  for label in text:gmatch "[^.]+" do out = out .. string.char(#label) .. label end
  return out .. "\0"
end

local function record(owner, type, data, ttl, class)
  return owner .. be(2, type) .. be(2, class or 1) .. be(4, ttl or 300) .. be(2, #data) .. data
end

-- A message: flags, question and records; those of |o| in place of the usual.
local function message(answers, o)
  o = o or {}
  local authority = o.authority or {}
  return be(2, 7) .. be(2, o.flags or 0x8180) .. be(2, o.questions or 1)
    .. be(2, o.count or #answers) .. be(2, #authority) .. be(2, 0)
    .. (o.question or name(QUESTION) .. be(2, o.type or PTR) .. be(2, o.class or 1))
    .. table.concat(answers) .. table.concat(authority)
end

local records, none = ffi.new "struct dns_record[4]", ffi.new "uint32_t[1]"

-- Reads a message from memory of exactly its size: the texts and the smallest TTL, or the errno and
-- for how long to believe that there is nothing.
local function read(bytes, type, asked)
  local copy = ffi.new("uint8_t[?]", math.max(#bytes, 1))
  ffi.copy(copy, bytes, #bytes)
  local n = C.dns_read(copy, #bytes, asked or QUESTION, type or PTR, records, 4, none)
  if n <= 0 then return n, none[0] end
  local texts, ttl = {}, math.huge
  for i = 0, n - 1 do
    texts[i + 1] = ffi.string(records[i].text, records[i].size)
    ttl = math.min(ttl, records[i].ttl)
  end
  return table.concat(texts, " "), ttl
end

local HERE = "\192\12"                 -- the name of the question

describe("an answer of a name server", function()
  it("has names, those of aliases too, for as long as all of them may be believed", function()
    assert.same({ "a.test b.test", 20 }, { read(message {
      record(HERE, PTR, name "a.test", 90), record(HERE, PTR, name "b.test", 20),
    }) })
    local to = name "1.0/25.2.0.192.in-addr.arpa"      -- RFC 2317
    assert.same({ "a.test", 60 }, { read(message {
      record(to, PTR, name "a.test", 300), record(HERE, CNAME, to, 60),
    }) })
    assert.same({ "a.test", 300 }, { read(message {
      record(name "2.alias.test", PTR, name "a.test"),
      record(name "1.alias.test", CNAME, name "2.alias.test"),
      record(name(QUESTION:upper()), CNAME, name "1.alias.test"),
    }) })
    assert.equal("x.in-addr.arpa", read(message { record(HERE, PTR, "\1x\192\22") }))
  end)

  it("leaves out what is of other names, types and classes", function()
    assert.equal("a.test", (read(message {
      record(name "other.test", PTR, name "b.test"), record(HERE, A, "\1\2\3\4"),
      record(HERE, PTR, name "c.test", 300, 3), record(HERE, PTR, name "a.test"),
    })))
    assert.equal(0, (read(message { record(name "other.test", PTR, name "b.test") })))
  end)

  it("has at most as many records as there is room for", function()
    local many = {}
    for i = 1, 9 do many[i] = record(HERE, PTR, name("n" .. i)) end
    assert.equal("n1 n2 n3 n4", (read(message(many))))
  end)

  it("writes names as text without control characters", function()
    assert.equal([[a\.b.x\0271.\\\032\226\128\174]], (read(message {
      record(HERE, PTR, "\3a.b\3x\0271\5\\ \226\128\174\0"),
    })))
    assert.equal("", (read(message { record(HERE, PTR, "\0") })))
  end)

  it("joins the strings of a TXT record and keeps its bytes", function()
    local o = { type = TXT }
    assert.equal("ab\0\255c", (read(message({ record(HERE, TXT, "\2ab\3\0\255c") }, o), TXT)))
    local long = ("\255" .. ("x"):rep(255)):rep(9)
    assert.equal(C.DNS_TEXT, #read(message({ record(HERE, TXT, long) }, o), TXT))
    assert.equal(EBADMSG, (read(message({ record(HERE, TXT, "\9ab") }, o), TXT)))
  end)

  it("says for how long to believe that there is nothing (RFC 2308)", function()
    local function soa(ttl, minimum)
      return { record(name "test", SOA, name "a" .. name "b" .. be(16, 0) .. be(4, minimum), ttl) }
    end
    for flags, _ in pairs { [0x8180] = true, [0x8183] = true } do
      assert.same({ 0, 60 }, { read(message({}, { flags = flags, authority = soa(900, 60) })) })
      assert.same({ 0, 50 }, { read(message({}, { flags = flags, authority = soa(50, 60) })) })
      assert.same({ 0, 0 }, { read(message({}, { flags = flags })) })
    end
  end)

  it("is not believed when it is not to the question", function()
    local good = { record(HERE, PTR, name "a.test") }
    for what, o in pairs {
      ["a question itself"] = { flags = 0x0100 }, ["another operation"] = { flags = 0xa000 },
      ["of two questions"] = { questions = 2 }, ["of no question"] = { questions = 0 },
      ["another name"] = { question = name "other.test" .. be(2, PTR) .. be(2, 1) },
      ["another type"] = { type = TXT }, ["another class"] = { class = 3 },
    } do
      assert.equal(ENOMSG, (read(message(good, o))), what)
    end
  end)

  it("may be that the server fails, refuses or was cut off", function()
    for _, flags in ipairs { 0x8182, 0x8185, 0x8184, 0x8380 } do
      assert.equal(EAGAIN, (read(message({}, { flags = flags }))))
    end
    local cut = message({ record(HERE, PTR, name "a.test") }, { flags = 0x8380 })
    assert.equal("a.test", (read(cut)))
    assert.equal(EAGAIN, (read(cut:sub(1, -2))))
  end)

  it("may be damaged at every byte", function()
    local whole = message({ record(HERE, CNAME, name "b.test"),
      record(name "b.test", PTR, name "a.test") })
    assert.equal("a.test", (read(whole)))
    for i = 0, #whole - 1 do assert.equal(EBADMSG, (read(whole:sub(1, i)))) end
  end)

  it("comes to an end, whatever its pointers and aliases say", function()
    local at = #message {}
    local function to(offset) return be(2, 0xc000 + offset) end
    for what, data in pairs {
      ["itself"] = to(at + 12), ["forward"] = to(at + 40), ["behind the end"] = to(9999),
      ["a label before itself"] = "\1x" .. to(at + 12), ["half a pointer"] = "\192",
      ["a label of 64 bytes"] = "\64" .. ("x"):rep(64) .. "\0",
      ["too long"] = ("\63" .. ("x"):rep(63)):rep(4) .. "\0",
      ["something behind it"] = "\1x\0\0",
    } do
      assert.equal(EBADMSG, (read(message { record(HERE, PTR, data) })), what)
    end
    assert.equal(0, (read(message { record(HERE, CNAME, HERE) })))
    assert.equal(0, (read(message {
      record(HERE, CNAME, name "b"), record(name "b", CNAME, HERE),
    })))
    local longest = ("\63" .. ("x"):rep(63)):rep(3) .. "\61" .. ("x"):rep(61) .. "\0"
    assert.equal(253, #read(message { record(HERE, PTR, longest) }))
  end)
end)

describe("the name of an address", function()
  local function reverse(family, bytes)
    local addr, out = ffi.new("uint8_t[16]"), ffi.new("char[?]", C.DNS_NAME)
    ffi.copy(addr, bytes, #bytes)
    C.dns_reverse(addr, family, out)
    return ffi.string(out)
  end

  it("is that of RFC 1035 and RFC 3596", function()
    assert.equal("1.2.0.192.in-addr.arpa", reverse(4, "\192\0\2\1"))
    assert.equal("255.100.10.0.in-addr.arpa", reverse(4, "\0\10\100\255"))
    assert.equal("f.0." .. ("0."):rep(22) .. "8.b.d.0.1.0.0.2.ip6.arpa",
      reverse(6, "\32\1\13\184" .. ("\0"):rep(11) .. "\15"))
  end)
end)
