-- SPDX-License-Identifier: MIT
--
-- Names and origins from a name server on this host, which answers well, badly, late or never: how
-- it answers about 10.B.C.D and names says spec/support/real/name_server.py.
local mtr = require "mtr"
local run = require "spec.support.harness.run"
local name_server = require "spec.support.real.name_server"

local names = mtr.names

-- How the server answers, by the second byte of an address.
local OK, NONE, NEVER, OTHER, TCP, CUT, LATE, DAMAGED, FAIL, ALIAS, LOOP, EVIL, ID, TWO, REFUSED,
  LONG, EMPTY, CASE = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17

local server

-- Configures the names; o.timeout is long, so that a slow machine has time enough.
local function configure(o)
  o.servers, o.cymru_zone = o.servers or { server.address }, "test"
  o.timeout = o.timeout or "20s"
  assert(names.configure(o))
end

setup(function() server = name_server.start("--late 1500") end)
teardown(function()
  names.configure { servers = { "none" } }
  if server then server:stop() end
  run.clean()
end)
before_each(function() configure {} end)

local fresh = 0

-- An address that was not asked for before, answered as |how| says.
local function address(how)
  fresh = fresh + 1
  return ("10.%d.%d.%d"):format(how, fresh / 250, fresh % 250), ("%d-%d"):format(fresh / 250,
    fresh % 250)
end

describe("mtr.names.reverse", function()
  it("finds the names that a server knows", function()
    for _, how in ipairs { OK, TCP, ALIAS, LONG, CASE } do
      local text, tail = address(how)
      assert.equal("r-" .. tail .. ".test", assert(names.reverse(text)))
    end
    local text, tail = address(TWO)
    assert.equal("a-" .. tail .. ".test", assert(names.reverse(text)))
    assert.equal("r-0-7.test", assert(names.reverse("2001:4860::7")))
  end)

  it("says that there is none, or that the server is of no use", function()
    for how, wanted in pairs { [NONE] = "ENOENT", [EMPTY] = "ENOENT", [LOOP] = "ENOENT",
      [DAMAGED] = "EBADMSG", [FAIL] = "EAGAIN", [REFUSED] = "EAGAIN" } do
      local text = address(how)
      local name, message, errname = names.reverse(text)
      assert.is_nil(name)
      assert.equal(wanted, errname, how)
      assert.is_truthy(message:find(wanted .. ": " .. text, 1, true), message)
    end
  end)

  it("gives up after the time-out, whether a server is silent or lies", function()
    configure { timeout = 200 }
    for _, how in ipairs { NEVER, OTHER, CUT, LATE, ID } do
      assert.equal("EAGAIN", select(3, names.reverse((address(how)))), how)
    end
  end)

  it("gives names without control characters", function()
    assert.equal([[red\027[31m\.x\010.\226\128\174abcd.test]], names.reverse((address(EVIL))))
  end)

  it("asks once for what is known or asked for already, and again when it may be old", function()
    local text = address(OK)
    local question = "12 " .. text:gsub("(%d+)%.(%d+)%.(%d+)%.(%d+)", "%4.%3.%2.%1.in-addr.arpa")
    local tasks = {}
    for i = 1, 5 do tasks[i] = mtr.go(names.reverse, text) end
    for _, task in ipairs(tasks) do assert.is_truthy(task:wait()) end
    assert.is_truthy(names.reverse(text))
    assert.equal(1, server:asked(question))
    assert.is_truthy(names.reverse("::ffff:" .. text))
    assert.equal(1, server:asked(question))
    names.configure { servers = { server.address } }
    assert.is_truthy(names.reverse(text))
    assert.equal(2, server:asked(question))
  end)

  it("asks nobody about addresses that have no names", function()
    local before = #server:questions()
    for _, text in ipairs { "192.0.2.1", "2001:db8::1", "198.18.0.1", "0.0.0.0", "224.0.0.1" } do
      assert.equal("ENOENT", select(3, names.reverse(text)))
    end
    assert.equal("localhost", names.reverse "127.0.0.1")
    assert.equal(before, #server:questions())
  end)

  it("calls back once, after it has returned", function()
    for _ = 1, 2 do
      local calls, text, tail = 0, address(OK)
      for _ = 1, 2 do                  -- asked, then known
        local got
        assert.is_true(names.reverse(text, function(problem, name)
          calls, got = calls + 1, { problem or false, name }
        end))
        assert.is_nil(got)
        mtr.run()
        assert.same({ false, "r-" .. tail .. ".test" }, got)
      end
      assert.equal(2, calls)
    end
    local got
    names.reverse((address(NONE)), function(problem, name) got = { problem:match "^%u+", name } end)
    mtr.run()
    assert.same({ "ENOENT" }, got)
  end)

  it("keeps to a budget", function()
    configure { budget = 2 }
    for i = 1, 4 do
      local name, _, errname = names.reverse((address(OK)))
      assert.same({ i <= 2, i > 2 and "EDQUOT" or nil }, { name ~= nil, errname })
    end
  end)

  it("refuses what is no address, and wrong options", function()
    for _, wrong in ipairs { "r1.test", "", 7, false, "10.0.0.1/8" } do
      assert.has_error(function() names.reverse(wrong) end)
      assert.has_error(function() names.origin(wrong) end)
    end
    assert.has_error(function() names.reverse("10.0.0.1", 5) end)
    assert.has_error(function() names.configure { origin = "whois" } end,
      'names.configure: origin must be "cymru", "mmdb:FILE", "pfx2as:FILE" or false, got "whois"')
    assert.has_error(function() names.configure { server = "127.0.0.1" } end,
      'names.configure: unknown option "server"; did you mean "servers"?')
  end)
end)

describe("many questions", function()
  it("are asked at the same time", function()
    local slow = name_server.start("--delay 300")
    configure { servers = { slow.address } }
    local tasks, began = {}, os.time()
    for i = 1, 200 do tasks[i] = mtr.go(names.reverse, (address(OK))) end
    for _, task in ipairs(tasks) do assert(task:wait()) end
    assert.is_true(os.time() - began < 30)           -- one by one it would be a minute
    slow:stop()
  end)

  it("go on while others are not answered", function()
    configure { timeout = "20s" }
    local done = {}
    for _ = 1, 100 do
      names.reverse((address(NEVER)), function(problem) done[#done + 1] = problem end)
    end
    for _ = 1, 20 do assert(names.reverse((address(OK)))) end
    assert.same({}, done)
    require "mtr.names.ask".engine():close()
  end)

  it("fail at once when servers have been silent for long", function()
    configure { servers = { "127.0.0.1:9" }, timeout = 200 }
    for _ = 1, 8 do assert.equal("EAGAIN", select(3, names.reverse((address(OK))))) end
    local before = require "mtr.names.ask".asked()
    assert.equal("EAGAIN", select(3, names.reverse((address(OK)))))
    assert.equal(before, require "mtr.names.ask".asked())
  end)
end)

describe("mtr.names.origin", function()
  it("says which AS announces an address, and how the AS is named", function()
    assert.same({ asn = 64500, prefix = "9.0.0.0/8", country = "DE", name = "EXAMPLE-AS" },
      assert(names.origin "9.0.0.7"))
    assert.same({ asn = 64502, prefix = "9.13.0.0/16", country = "FR", name = "EXAMPLE-AS" },
      assert(names.origin "9.13.0.7"))
    assert.same({ asn = 64500, prefix = "2001:4860::/32", country = "DE", name = "EXAMPLE-AS" },
      assert(names.origin "2001:4860::9"))
  end)

  it("does not believe what cannot be true", function()
    for how, wanted in pairs { [NONE] = "ENOENT", [EVIL] = "EBADMSG", [LONG] = "EBADMSG",
      [EMPTY] = "EBADMSG", [FAIL] = "EAGAIN" } do
      assert.equal(wanted, select(3, names.origin("9." .. how .. ".0.7")), how)
    end
  end)

  it("asks nobody about special addresses, which have a label", function()
    local before = #server:questions()
    for text, label in pairs { ["10.1.2.3"] = "private", ["100.64.0.1"] = "shared",
      ["192.0.2.1"] = "documentation", ["169.254.1.1"] = "link-local", ["127.0.0.1"] = "loopback",
      ["fe80::1"] = "link-local", ["fd00::1"] = "private", ["224.0.0.1"] = "multicast" } do
      assert.same({ label = label }, names.origin(text))
      assert.equal(label, names.label(text))
    end
    assert.is_nil(names.label "9.0.0.1")
    assert.equal(before, #server:questions())
  end)

  it("comes from a file of prefixes, and has exchange points from another one", function()
    configure {
      origin = "pfx2as:" .. run.file("pfx", "9.0.0.0\t8\t64501\n"),
      ixp = run.file("ixp", "8.7.0.0/16 EXAMPLE-IX\n9.9.0.0/16 OTHER-IX\n"),
    }
    assert.same({ asn = 64501, prefix = "9.0.0.0/8" }, assert(names.origin "9.1.1.1"))
    assert.same({ ixp = "EXAMPLE-IX" }, assert(names.origin "8.7.1.1"))
    assert.same({ asn = 64501, prefix = "9.0.0.0/8", ixp = "OTHER-IX" },
      assert(names.origin "9.9.1.1"))
    assert.equal("ENOENT", select(3, names.origin "8.8.8.8"))
    local ok, _, name = names.configure { origin = "pfx2as:" .. run.dir() .. "/missing" }
    assert.same({ nil, "ENOENT" }, { ok, name })
  end)
end)

describe("mtr.names.peek", function()
  it("never waits, and knows more later", function()
    local text, tail = "9.0.1." .. 7, "1-7"
    assert.is_nil(names.peek(text))
    local name, origin
    for _ = 1, 500 do
      mtr.sleep(20)
      name, origin = names.peek(text)
      if name and origin then break end
    end
    assert.equal("r-" .. tail .. ".test", name)
    assert.equal(64500, origin.asn)
  end)

  it("keeps no program from ending", function()
    names.peek((address(NEVER)))
    assert.is_true(mtr.run())
  end)
end)

describe("mtr.names.lookup", function()
  it("finds all addresses of a name, in the hosts file and the DNS", function()
    assert.same({ "127.3.0.8" }, names.lookup "ok-7.test")
    assert.same({ "127.3.0.8" }, names.lookup("ok-7.test", 4))
    assert.equal("127.0.0.1", names.lookup("localhost", 4)[1])
    assert.same({ "192.0.2.1" }, names.lookup "192.0.2.1")
    assert.same({ "fe80::1%1" }, names.lookup "fe80::1%lo")
    local got
    names.lookup("tcp-7.test", function(_, list) got = list end)
    mtr.run()
    assert.same({ "127.3.0.8" }, got)
  end)

  it("asks for names in other scripts as the DNS has them", function()
    if select(3, names.lookup "none-7.k\195\182the.test") == "ELIBACC" then
      pending "needs libidn2"
    end
    assert.same({ "127.3.0.8" }, names.lookup("ok-7.K\195\150THE.test", 4))
    assert.equal(1, server:asked "1 ok-7.xn--kthe-5qa.test")
  end)

  it("says why it finds none", function()
    assert.equal("ENOENT", select(3, names.lookup "none-7.test"))
    assert.equal("ENOENT", select(3, names.lookup("ok-7.test", 6)))
    assert.equal("EAGAIN", select(3, names.lookup "fail-7.test"))
    configure { timeout = 200 }
    assert.equal("EAGAIN", select(3, names.lookup "never-7.test"))
  end)

  it("looks many names up at the same time, dead ones among them", function()
    configure { timeout = "3s" }
    local dead, living = {}, {}
    for i = 1, 100 do dead[i] = mtr.go(names.lookup, "never-" .. i .. ".test") end
    for i = 1, 300 do living[i] = mtr.go(names.lookup, "ok-" .. i .. ".test") end
    for _, task in ipairs(living) do assert(task:wait()) end
    for _, task in ipairs(dead) do assert.is_false(task.done) end
    for _, task in ipairs(dead) do assert.equal("EAGAIN", select(3, task:wait())) end
  end)
end)

describe("names that nobody answers for", function()
  for window = 2, 200, 198 do
    it("do not hold addresses up in a window of " .. window, function()
      configure { timeout = "60s" }
      local list, done, failed = {}, 0, 0
      for i = 1, 60 do list[i] = ("never-%d.test"):format(i) end
      for i = 1, 20 do list[60 + i] = "127.0.0." .. i end
      list[81] = "ok-9.test"
      local engine, c = assert(mtr.engine { rate = "max" }), nil
      c = mtr.campaign {
        engine = engine, targets = list, window = window, trace = { family = 4 },
        on_trace = function()
          done = done + 1
          if done == 21 then c:stop() end
        end,
        on_error = function(message)
          assert.truthy(message:find "^ECANCELED", message)
          failed = failed + 1
        end,
      }
      local began = os.time()
      assert(c:run())
      assert.same({ 21, 60 }, { done, failed })
      assert.is_true(os.time() - began < 60)           -- none of them had to fail before
      engine:close()
    end)
  end
end)

describe("an interrupt", function()
  it("ends lookups at once", function()
    run.file("wait.lua", ([[
      local mtr = require "mtr"
      mtr.names.configure { servers = { "%s" }, timeout = "60s" }
      for i = 1, 300 do mtr.go(mtr.trace, ("never-%%d.test"):format(i)) end
      mtr.go(mtr.names.reverse, "10.2.0.1")
      print(select(3, mtr.names.lookup "never-0.test"))]]):format(server.address))
    local began = os.time()
    local got = run.run('timeout --preserve-status -s INT 4 "$MTR_PROGRAM" $DIR/wait.lua')
    assert.same({ 130, "ECANCELED\n", "mtrlua: interrupted\n" }, { got.status, got.out, got.err })
    assert.is_true(os.time() - began < 50)
  end)
end)

describe("an engine that is closed", function()
  it("ends its questions and lookups at once", function()
    configure { timeout = "20s" }
    local began, ended = os.time(), {}
    local function over(problem) ended[#ended + 1] = problem:match "^%u+" end
    for i = 1, 400 do
      names.reverse((address(NEVER)), over)
      names.lookup("never-" .. i .. ".test", over)
    end
    require "mtr.names.ask".engine():close()
    assert.equal(800, #ended)
    for _, name in ipairs(ended) do assert.equal("ECANCELED", name) end
    assert.is_true(os.time() - began < 10)
  end)
end)
