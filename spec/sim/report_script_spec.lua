-- SPDX-License-Identifier: MIT
--
-- scripts/report.lua, run from the command line: from every format that it reads to every format,
-- and what it says of files that it cannot read.
local reports = require "mtr.report"
local run = require "spec.support.harness.run"

local REPORT = '"$MTR_PROGRAM" scripts/report.lua '
local CORPUS = "spec/fuzz/corpus/warts/"

local function report(words) return run.run(REPORT .. words) end

-- Results of a program of ours over a simulated network, in a file of $DIR.
local function made(name, program, words)
  local got = run.run(('"$MTR_PROGRAM" --sim spec/sim/topologies/plain.lua --seed 1 '
    .. 'scripts/%s.lua -o %s %s >"$DIR/%s"'):format(program, name:match "%.(%l+)$", words, name))
  assert.same({ 0, "" }, { got.status, got.err })
end

local function read(name)
  local file = assert(io.open(run.dir() .. "/" .. name, "rb"))
  local text = file:read "*a"
  file:close()
  return text
end

describe("report #luajit", function()
  teardown(run.clean)

  for _, name in ipairs { "trace-udp-paris", "trace-pmtud", "trace-last-ditch", "tracelb-diamond",
    "tracelb-silent", "ping", "ping-record-route", "ping-timestamps" } do
    it("writes scamper's " .. name .. " as it was, compressed too", function()
      local got = run.run(('%s -o warts %s%s >"$DIR/a" && cmp "$DIR/a" %s%s && gzip -c <"$DIR/a" '
        .. '>"$DIR/packed" && %s -o warts="$DIR/b.gz" --overwrite "$DIR/packed" && '
        .. 'zcat "$DIR/b.gz" | cmp - "$DIR/a"'):format(REPORT, CORPUS, name, CORPUS, name, REPORT))
      assert.same({ 0, "", "" }, { got.status, got.out, got.err })
    end)
  end

  it("names every format, and writes each of them from warts", function()
    made("f.warts", "trace", "-q 2 web")
    local named, at = report("--help").out:match "\nFormats: (.-)\n\n", 1
    for _, word in ipairs(reports.formats()) do
      at = assert(select(2, named:find("%f[%w]" .. word .. "%f[%W]", at)), word)
      local got = report(('-o %s="$DIR/f.%s.out" "$DIR/f.warts"'):format(word, word))
      assert.same({ 0, "", "" }, { got.status, got.out, got.err }, word)
      assert.truthy(#read("f." .. word .. ".out") > 100, word)
    end
    local got = report '-o csv --fields dst,ttl "$DIR/f.warts"'
    assert.truthy(got.out:find "^dst,ttl\r\n203%.0%.113%.9,1\r\n203", got.out)
    got = report '-o csv --fields dst,tll "$DIR/f.warts"'
    assert.equal(2, got.status)
    assert.truthy(got.err:find('unknown field "tll"; did you mean "ttl"?', 1, true), got.err)
  end)

  it("writes what scamper wrote in every format that has its kind", function()
    local outputs = {}
    for i, word in ipairs(reports.formats()) do
      outputs[i] = ('-o %s="$DIR/any.%s" '):format(word, word)
    end
    for name in io.popen("ls " .. CORPUS):lines() do
      run.run "rm -f $DIR/any.*"
      local got = report(table.concat(outputs) .. CORPUS .. name)
      for line in got.err:gmatch "[^\n]+" do
        assert.truthy(line:find "^report: %d+ results of %l+ cannot be written as %l+$"
          or line:find "^report: %S+: %d+ records of other types skipped$", name .. ": " .. line)
      end
    end
  end)

  for program, words in pairs { trace = "-q 2 web", mda = "-I web", ping = "-c 2 203.0.113.9",
    pmtu = "web" } do
    it("writes our own as they were, and text as the program does: " .. program, function()
      made("o.warts", program, words)
      made("o.jsonl", program, words)
      made("o.text", program, words)
      local got = report('-o warts "$DIR/o.warts" | cmp - "$DIR/o.warts"')
      assert.same({ 0, "", "" }, { got.status, got.out, got.err })
      got = report('-o jsonl "$DIR/o.jsonl"')
      assert.same({ 0, "" }, { got.status, got.err })
      assert.equal(#run.records(read "o.jsonl"), #run.records(got.out))
      if program ~= "ping" then assert.equal(read "o.jsonl", got.out) end
      -- Without the first line, which has options that results do not tell.
      local function body(text) return (text:gsub("^[^\n]*\n", "")) end
      got = report '<"$DIR/o.jsonl" -'
      assert.same({ 0, "", body(read "o.text") }, { got.status, got.err, body(got.out) })
      if program ~= "ping" and run.has "sc_warts2json" then
        got = report '-o warts="$DIR/w" --overwrite "$DIR/o.jsonl"'
        assert.same({ 0, "" }, { got.status, got.err })
        got = run.run [[for f in w o.warts; do
          sc_warts2json "$DIR/$f" | grep -v '"type":"cycle' >"$DIR/$f.json"; done
          cmp "$DIR/w.json" "$DIR/o.warts.json" && test -s "$DIR/w.json"]]
        assert.same({ 0, "", "" }, { got.status, got.out, got.err })
      end
      if program == "trace" or program == "ping" then
        got = report '"$DIR/o.warts"'
        assert.same({ 0, "", body(read "o.text") }, { got.status, got.err, body(got.out) })
      end
    end)
  end

  it("writes several outputs, of several files", function()
    made("t.jsonl", "trace", "-q 1 web")
    local got = report(('-o text -o jsonl="$DIR/all.jsonl" -o warts="$DIR/all.warts" %sping '
      .. '"$DIR/t.jsonl" %stracelb-tcp'):format(CORPUS, CORPUS))
    assert.same({ 0, "" }, { got.status, got.err })
    assert.truthy(got.out:find "^PING 10.0.4.2.*trace to web.*paths to 10.0.4.2")
    local types = {}
    for _, line in ipairs(run.records(read "all.jsonl")) do
      types[line.type] = (types[line.type] or 0) + 1
    end
    assert.same({ ping_start = 2, ping = 4, ping_summary = 2, trace = 2 }, types)
    local again = report '"$DIR/all.warts"'
    assert.same({ 0, "" }, { again.status, again.err })
    assert.truthy(again.out:find "^PING 10.0.4.2.*trace to 203.0.113.9.*paths to 10.0.4.2")
    if not run.has "sc_warts2json" then return end
    local cycles, kinds = {}, {}
    for _, line in ipairs(run.records(run.run('sc_warts2json "$DIR/all.warts"').out)) do
      kinds[line.type] = (kinds[line.type] or 0) + 1
      if line.type == "cycle-start" then
        cycles[#cycles + 1] = ("%s%d"):format(line.list_name, line.id)
      end
    end
    assert.same({ "lst9", "default1", "default0" }, cycles)
    assert.same({ ["cycle-start"] = 3, ["cycle-stop"] = 3, ping = 2, trace = 1, tracelb = 1 },
      kinds)
  end)

  for words, case in pairs {
    ["a file that is not there"] = { "none", "ENOENT: .*none" },
    ["an empty file"] = { "empty", "ENODATA: .*empty: the file is empty" },
    ["a foreign file"] = { "foreign", "EBADMSG: .*foreign: this is neither warts nor JSON lines" },
    ["a file that is cut off"] = { "cut", "EBADMSG: .*cut: at byte %d+: the file is cut off" },
    ["a directory"] = { ".", "EISDIR" },
  } do
    it("reports " .. words .. ", and goes on with the next", function()
      local file = assert(io.open(CORPUS .. "trace-tcp", "rb"))
      run.file("cut", file:read(400))
      file:close()
      run.file("empty", "")
      run.file("foreign", "hello\n")
      local got = report(('"$DIR/%s" %strace-silent'):format(case[1], CORPUS))
      assert.equal(1, got.status)
      assert.truthy(got.err:find("^report: " .. case[2]), got.err)
      assert.truthy(got.out:find "trace to 10.0.6.2 ", got.out)
    end)
  end

  it("counts what it cannot write, and what it cannot read", function()
    local got = report(("-o dot %sping %stracelb-tcp"):format(CORPUS, CORPUS))
    assert.same({ 1, "report: 8 results of ping cannot be written as dot\n" },
      { got.status, got.err })
    assert.truthy(got.out:find '^digraph "10.0.4.2" {')
    local file = assert(io.open(CORPUS .. "trace-silent", "rb"))
    run.file("other", file:read "*a" .. "\18\5\0\15\0\0\0\3abc")
    file:close()
    got = report '"$DIR/other"'
    assert.equal(0, got.status)
    assert.truthy(got.err:find "^report: .*other: 1 records of other types skipped\n$", got.err)
  end)

  it("goes on behind lines that are no results, and says which was the first", function()
    made("lines.jsonl", "trace", "web")
    local line = read "lines.jsonl"
    local function reads(text, status, problem, n)
      run.file("wrong.jsonl", text)
      local got = report '-o jsonl "$DIR/wrong.jsonl"'
      local told = got.err:gsub(run.dir():gsub("%p", "%%%0") .. "/wrong.jsonl", "FILE")
      assert.same({ status, problem, line:rep(n) }, { got.status, told, got.out })
    end
    assert.equal(1, select(2, line:gsub("\n", "")))
    reads(line .. line, 0, "", 2)
    reads(line .. "{a}\n" .. line, 1, "report: FILE: 1 line could not be read and is in no output; "
      .. "the first: EBADMSG: FILE: line 2: this is not JSON\n", 2)
    local zero = line:gsub('"attempts":%d', '"attempts":0')
    reads(line .. zero .. " \n[1]\n\1\n" .. line .. '{"type":"x"}\n', 1, "report: FILE: 4 lines "
      .. "could not be read and are in no output; the first: EBADMSG: FILE: line 2: this is no "
      .. "result of mtrlua: attempts is not a whole number from 1 to 255\n", 2)
    local cut = "report: EBADMSG: FILE: line %d: the file is cut off within a line\n"
    reads(line .. line:sub(1, 90), 1, cut:format(2), 1)
    reads(line .. "{}\n" .. line .. line:sub(1, 90), 1, cut:format(4) .. "report: FILE: 1 line "
      .. "could not be read and is in no output; the first: EBADMSG: FILE: line 2: this is no "
      .. "result of mtrlua\n", 2)
    reads("{}\n" .. line .. line:sub(1, -2), 1, "report: FILE: 1 line could not be read and is in "
      .. "no output; the first: EBADMSG: FILE: line 1: this is no result of mtrlua\n", 2)
  end)

  for words, message in pairs {
    ["-o xml " .. CORPUS .. "ping"] = "--output must be one of text, ",
    ["-o jsonl -o text " .. CORPUS .. "ping"] = "two outputs cannot share '-'",
    [""] = "missing argument 'file'",
  } do
    it("refuses '" .. words .. "' as wrong usage", function()
      local got = report(words)
      assert.same({ 2, "" }, { got.status, got.out })
      assert.truthy(got.err:find(message, 1, true), got.err)
    end)
  end

  it("says which output cannot be opened", function()
    local got = report(("-o jsonl=/nowhere/out %sping"):format(CORPUS))
    assert.equal(1, got.status)
    assert.truthy(got.err:find "^report: ENOENT: .*/nowhere/out", got.err)
  end)

  it("ends quietly when nobody reads its output", function()
    local got = run.run(('(%s -o jsonl %strace-udp %strace-udp %strace-udp; echo $? >"$DIR/s") | :')
      :format(REPORT, CORPUS, CORPUS, CORPUS))
    assert.same({ 0, "" }, { got.status, got.err })
  end)
end)
