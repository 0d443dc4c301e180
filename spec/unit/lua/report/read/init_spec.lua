-- SPDX-License-Identifier: MIT
--
-- Files of results are read back: what kind they are is seen from their bytes, and a file that is
-- damaged says where.
local mtr = require "mtr"
local read = require "mtr.report.read"
local run = require "spec.support.harness.run"

local function corpus(name)
  local file = assert(io.open("spec/fuzz/corpus/warts/" .. name, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

-- The results of a file, and why they ended.
local function all(path)
  local file = assert(read.open(path))
  local list = {}
  for result in file:results() do list[#list + 1] = result end
  file:close()
  return list, file.problem
end

local LINE = '{"type":"trace","protocol":"icmp","dst":"192.0.2.9","target":"web",'
  .. '"stop_reason":"completed","stop_data":null,"hop_count":1,"hops":[{"ttl":1,'
  .. '"addr":"192.0.2.9","rtt":1.500,"replies":[{"addr":"192.0.2.9","rtt":1.500,"icmp_type":0}]}]}'

describe("a file of results", function()
  teardown(run.clean)

  it("of warts gives results", function()
    local list, problem = all "spec/fuzz/corpus/warts/trace-udp"
    assert.is_nil(problem)
    assert.same({ "10.0.4.2", "fd00:4::2" }, { list[1].dst, list[2].dst })
    assert.same({ "udp", "classic", "completed", 4, "default" }, { list[1].protocol,
      list[1].multipath, list[1].stop_reason, #list[1].hops, list[1].list })
    assert.is_true(list[1].hops[4].replies[1].final)
    assert.equal("10.0.2.2", list[1].hops[2].addr)
    assert.truthy(list[1]:json():find '^{"type":"trace","version":"2",.*"protocol":"udp"')
    assert.equal(list[1], list[1]:copy())
  end)

  it("of warts gives pings and paths", function()
    local list = all "spec/fuzz/corpus/warts/ping"
    local types = {}
    for i, result in ipairs(list) do types[i] = result.type end
    assert.same({ "ping_start", "ping", "ping", "ping_summary", "ping_start", "ping", "ping",
      "ping_summary" }, types)
    assert.same({ 2, 2, 0 }, { list[4].sent, list[4].received, list[4].unanswered })
    local paths = all "spec/fuzz/corpus/warts/tracelb-diamond"
    local hops = paths[1].mda.hops
    assert.equal(4, #hops)
    assert.equal(4, #hops[2].nodes)
    assert.same({ { from = "source", to = "10.0.1.2" } }, hops[1].links)
    local pmtu = all "spec/fuzz/corpus/warts/trace-pmtud"
    assert.same({ mtu = 1400, complete = true, ttl = 5,
      limits = { { addr = "10.0.2.2", mtu = 1400, size = 1500 } } }, pmtu[1].pmtu)
  end)

  it("gives lists and cycles of warts between results", function()
    local file = assert(mtr.report.read "spec/fuzz/corpus/warts/ping")
    local list = {}
    for item in function() return (file:next()) end do
      if item.type == "warts" then list[#list + 1] = item.record.record end
    end
    assert.same({ "list", "cycle_start", "cycle_stop" }, list)
    file:close()
  end)

  it("of JSON lines gives results, without null and empty lines", function()
    local list, problem = all(run.file("lines", LINE .. "\n   \n" .. LINE .. "\n"))
    assert.is_nil(problem)
    assert.equal(2, #list)
    assert.is_nil(rawget(list[1], "stop_data"))
    assert.same({ 1.5, "192.0.2.9" }, { list[2].hops[1].rtt, list[2].hops[1].replies[1].addr })
    assert.equal(list[1].hops[1], list[1].hops[1]:copy())
    assert.equal(list[1]:json(), list[2]:json())
  end)

  it("may have no newline at the end", function()
    assert.equal(1, #all(run.file("last", LINE)))
  end)

  for _, kind in ipairs { "trace-tcp", "lines" } do
    it("may be compressed, in one piece or several: " .. kind, function()
      local bytes = kind == "lines" and (LINE .. "\n"):rep(3) or corpus(kind)
      local plain = all(run.file("plain", bytes))
      run.file("one", bytes:sub(1, 100))
      run.file("two", bytes:sub(101))
      assert.equal(0, run.run("cd $DIR; gzip -c plain >a; (gzip -c one; gzip -c two) >b").status)
      for _, name in ipairs { "a", "b" } do
        local list, problem = all(run.dir() .. "/" .. name)
        assert.is_nil(problem)
        assert.equal(#plain, #list)
        assert.equal(plain[#plain]:json(), list[#list]:json())
      end
    end)
  end

  it("that is larger than the pieces it is read in is read whole", function()
    local n = 2000
    local list, problem = all(run.file("many", (LINE .. "\n"):rep(n)))
    assert.same({ n }, { #list, problem })
    run.run("cd $DIR; gzip -c many >many.gz")
    assert.equal(n, #all(run.dir() .. "/many.gz"))
    local head, trace = corpus("trace-tcp"):sub(1, 66), corpus("trace-tcp"):sub(67, -18)
    assert.equal(600, #all(run.file("records", head .. trace:rep(300))))
  end)

  it("that cannot be opened says why", function()
    for path, name in pairs { [run.dir() .. "/none"] = "ENOENT", [run.dir()] = "EISDIR",
      [run.file("empty", "")] = "ENODATA", [run.file("foreign", "hello\n")] = "EBADMSG",
      [run.file("binary", "\0\1\2\3")] = "EBADMSG" } do
      local file, message, got = read.open(path)
      assert.is_nil(file)
      assert.equal(name, got)
      assert.truthy(message:find(path, 1, true), message)
    end
  end)

  for words, case in pairs {
    ["warts that is cut off"] = { corpus("trace-tcp"):sub(1, 400), 1,
      "at byte %d+: the file is cut off within a record" },
    ["warts that is cut off in a header"] = { corpus("trace-tcp"):sub(1, -14), 2,
      "at byte 543: the file is cut off within a record" },
    ["warts with other bytes behind"] = { corpus "trace-tcp" .. "hello, hello", 2,
      "at byte 560: this is no warts record" },
    ["warts with a length that is too large"] = { "\18\5\0\6\255\255\255\255", 0,
      "at byte 0: a record of type 6 has 4294967295 bytes" },
    ["warts with a length of 0"] = { "\18\5\0\6\0\0\0\0", 0, "a record of type 6 has 0 bytes" },
    ["a warts record that is damaged"] = { "\18\5\0\6\0\0\0\1\1", 0,
      "at byte 9: a value goes beyond the end of its record" },
    ["JSON that is cut off"] = { LINE .. "\n" .. LINE:sub(1, 90), 1,
      "line 2: the file is cut off within a line" },
    ["a line that is no JSON"] = { LINE .. "\n\n{a}\n" .. LINE, 1, "line 3: this is not JSON" },
    ["other JSON"] = { '{"type":"trace"}\n', 0, "line 1: this is no result of mtrlua" },
    ["a first line that is cut off"] = { LINE:sub(40) .. "\n" .. LINE .. "\n", 0,
      "line 1: this is not JSON" },
    ["a JSON number"] = { LINE .. "\n7\n", 1, "line 2: this is not JSON" },
    ["a hop that is none"] = { (LINE:gsub('"ttl":1,', '"ttl":7,')) .. "\n", 0,
      "line 1: this is no result of mtrlua" },
    ["a ping without numbers"] = { '{"type":"ping_summary","target":"a","dst":"b"}\n', 0,
      "line 1: this is no result of mtrlua" },
  } do
    it("gives what is before the fault, and says where it is: " .. words, function()
      local path = run.file("fault", case[1])
      local list, problem = all(path)
      assert.equal(case[2], #list)
      assert.truthy(problem:find("^EBADMSG: .*/fault: "), problem)
      assert.truthy(problem:find(case[3]), problem)
    end)
  end

  it("goes on behind wrong lines if it is asked to, and counts them", function()
    local bad = LINE:gsub('"rtt":1.500', '"rtt":"x"')
    local path = run.file("wrong", LINE .. "\n\n{a}\n" .. LINE .. "\n" .. bad .. "\n7\n" .. LINE)
    run.run("cd $DIR; gzip -c wrong >wrong.gz")
    for _, name in ipairs { path, path .. ".gz" } do
      local file, n = assert(read.open(name)), 0
      file:skip_wrong()
      for _ in file:results() do n = n + 1 end
      assert.same({ 3, 3, "EBADMSG: " .. name .. ": line 3: this is not JSON" },
        { n, file:wrong() })
      assert.is_nil(file.problem)
      file:close()
    end
    local rest = assert(read.open(run.file("rest", LINE:sub(40) .. "\n" .. LINE .. "\n")))
    rest:skip_wrong()
    assert.equal("192.0.2.9", rest:next().dst)
    assert.same({ 1, "EBADMSG: " .. rest.name .. ": line 1: this is not JSON" }, { rest:wrong() })
    rest:close()
    local file = assert(read.open(run.file("cut", LINE .. "\n{}\n" .. LINE:sub(1, 90))))
    file:skip_wrong()
    for _ in file:results() do assert.is_nil(file.problem) end
    assert.equal(1, (file:wrong()))
    assert.matches("line 3: the file is cut off within a line$", file.problem)
    file:close()
  end)

  it("says of warts that no line is wrong", function()
    local file = assert(read.open "spec/fuzz/corpus/warts/ping")
    file:skip_wrong()
    for _ in file:results() do assert.equal(0, (file:wrong())) end
    file:close()
  end)

  it("says that compressed bytes are cut off or damaged", function()
    run.file("plain", (LINE .. "\n"):rep(500))
    run.run("cd $DIR; gzip -c plain >whole")
    local file = assert(io.open(run.dir() .. "/whole", "rb"))
    local bytes = file:read "*a"
    file:close()
    local _, problem = all(run.file("cut", bytes:sub(1, -9)))
    assert.truthy(problem:find "the compressed bytes are cut off", problem)
    local damaged = bytes:sub(1, 60) .. ("\255"):rep(20) .. bytes:sub(81)
    local opened, message = read.open(run.file("damaged", damaged))
    if opened then
      repeat local result; result, message = opened:next() until not result
      opened:close()
    end
    assert.truthy(message:find "the compressed bytes are damaged", message)
  end)

  it("counts the records that it does not know", function()
    local file = assert(read.open(run.file("other", corpus "trace-tcp" .. "\18\5\0\15\0\0\0\3abc")))
    local n = 0
    for _ in file:results() do n = n + 1 end
    assert.same({ 2, 1 }, { n, file:skipped() })
    file:close()
  end)

  it("has lines of any length", function()
    local list, problem = all(run.file("long", (LINE:gsub("web", ("w"):rep(300000))) .. "\n"))
    assert.is_nil(problem)
    assert.equal(300000, #list[1].target)
  end)
end)
