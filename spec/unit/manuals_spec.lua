-- SPDX-License-Identifier: MIT
--
-- The manuals that `make doc` writes: what they name, that their examples run, and that the readers
-- of manuals have nothing to say against them.
local annotations = require "spec.support.style.annotations"
local mtr = require "mtr"
local runs = require "spec.support.harness.run"
local run = runs.run

local function lines(command)
  local list = {}
  for line in run(command).out:gmatch "[^\n]+" do list[#list + 1] = line end
  return list
end

-- A page as man(1) shows it on a wide terminal, each asked for once.
local pages_shown = {}
local function shown(page)
  local path = page:gsub("%$DIR", runs.dir())
  if not pages_shown[path] then
    local got = run("MANWIDTH=300 LC_ALL=C.UTF-8 man --warnings -E UTF-8 -l " .. path)
    assert.same({ 0, "" }, { got.status, got.err })
    pages_shown[path] = got.out
  end
  return pages_shown[path]
end

-- What mtr's modules have for each other.
local HIDDEN = {}
for name in ([[host.on_found host.get host.enter coroutine.root coroutine.suspend
    coroutine.suspend_host coroutine.run coroutine.worker coroutine.in_worker coroutine.go_on
    coroutine.forget coroutine.create coroutine.yield coroutine.status coroutine.running
    coroutine.isyieldable sockets.adopt sockets.is targets.wrong targets.feed sim.from
    ]]):gmatch "%S+" do HIDDEN["mtr." .. name] = true end

describe("the manuals #long", function()
  local pages

  setup(function()
    local got = run "build/mtrlua scripts/doc/main.lua $DIR/doc"
    assert.same({ 0, "", "" }, { got.status, got.out, got.err })
    pages = lines "ls $DIR/doc/man?/*"
  end)
  teardown(runs.clean)

  it("have a page for mtrlua and for each program", function()
    local names = run("cd $DIR/doc/man1 && ls").out
    assert.truthy(names:find "mtrlua.1\n")
    for _, script in ipairs(lines "ls scripts/*.lua") do
      local name = script:match "([^/]*)%.lua$"
      assert.truthy(names:find("mtrlua-" .. name .. ".1\n", 1, true), name)
    end
  end)

  it("say of each program what it does, and --help too, in one line", function()
    local help = run("$MTR_PROGRAM --help").out
    for _, script in ipairs(lines "ls scripts/*.lua") do
      local name = script:match "([^/]*)%.lua$"
      local about = help:match("\n  " .. name:gsub("%-", "%%-") .. " +(%l[^\n]+)\n  ?%S")
        or help:match("\n  " .. name:gsub("%-", "%%-") .. " +(%l[^\n]+)\n\n")
      local title = shown("$DIR/doc/man1/mtrlua-" .. name .. ".1"):match "NAME\n.- %- ([^\n]*)\n"
      assert.equal(about, title:sub(1, #about), name)
    end
  end)

  it("are right for man and mandoc", function()
    for _, page in ipairs(pages) do
      assert.truthy(#shown(page) > 500)
      local got = run("mandoc -T lint " .. page)
      assert.same({ 0, "", page }, { got.status, got.out .. got.err, page })
    end
  end)

  it("name each option of each program and command, and the same words as --help", function()
    for _, script in ipairs(lines "ls scripts/*.lua") do
      local name = script:match "([^/]*)%.lua$"
      local text = shown("$DIR/doc/man1/mtrlua-" .. name .. ".1")
      local function named(program)
        local help = run("$MTR_PROGRAM " .. program .. " --help").out
        for option in help:gmatch "\n  (%-.-)  " do
          assert.truthy(text:find("\n       " .. option, 1, true), program .. ": " .. option)
        end
        return help:match "\ncommands:\n(.-)\n\n"
      end
      for command in (named(name) or ""):gmatch "%f[^\n%z]  (%l+)" do
        assert.is_nil(named(name .. " " .. command))
      end
    end
  end)

  -- The names that a page must have as words, by what they are.
  local function missing(text, names)
    local list = {}
    for _, name in ipairs(names) do
      if not text:find("%f[%w_.]" .. name:gsub("%p", "%%%0") .. "%f[^%w_]") then
        list[#list + 1] = name
      end
    end
    return list
  end

  it("name everything in the module mtr", function()
    local text, names = shown "$DIR/doc/man3/mtr-lua.3", {}
    for name in pairs(annotations.fields("lua/mtr/init.lua", "mtr")) do
      assert.truthy(mtr[name], name)
    end
    for name, value in pairs(mtr) do
      if type(value) == "function" then names[#names + 1] = "mtr." .. name end
      for inner, member in pairs(type(value) == "table" and value or {}) do
        local whole = ("mtr.%s.%s"):format(name, inner)
        if type(member) == "function" and not HIDDEN[whole] then names[#names + 1] = whole end
      end
    end
    assert.truthy(#names > 50, "only " .. #names)
    assert.same({}, missing(text, names))
  end)

  it("name every option, with its default, and every field of what is returned", function()
    local text, names = shown "$DIR/doc/man3/mtr-lua.3", {}
    for kind, declaration in pairs { TRACE = require "mtr.trace.options".trace,
      ENGINE = require "mtr.engine.config".declaration,
      CAMPAIGN = require "mtr.campaign.options".declaration,
      SERVER = require "mtr.serve.options".declaration } do
      local chapter = "\n" .. text:match("\nOPTIONS OF AN? " .. kind .. "\n(.-)\n%u")
      for _, name in ipairs(declaration.names) do
        local default = declaration.by_name[name].default
        local line = chapter:match("\n       " .. name .. " [^\n]*")
          or chapter:match("\n       " .. name .. "\n[^\n]*") or ""
        names[#names + 1] = name
        if default ~= nil and type(default) ~= "table" then
          assert.truthy(line:find("default: " .. tostring(default), 1, true), name .. line)
        end
      end
    end
    for _, kind in pairs(require "mtr.record.fields") do
      for name in pairs(kind) do names[#names + 1] = type(name) == "string" and name or nil end
    end
    assert.same({}, missing(text, names))
  end)

  it("name everything in mtr.h", function()
    local text, names = shown "$DIR/doc/man3/libmtr.3", {}
    local cdef = runs.read "build/mtr.cdef"
    for name in cdef:gmatch "[mM][tT][rR]_[%w_]+" do names[#names + 1] = name end
    assert.truthy(#names > 300)
    assert.same({}, missing(text, names))
  end)

  it("are whole in one page of HTML and of text", function()
    local html, text = runs.read(runs.dir() .. "/doc/manual.html"),
      runs.read(runs.dir() .. "/doc/manual.txt")
    for _, page in ipairs(pages) do
      local name, section = page:match "([^/]*)%.(%d)$"
      assert.truthy(html:find(('<h1 id="%s">%s(%s)</h1>'):format(name, name, section), 1, true))
      assert.truthy(text:find(("\n%s(%s)\n"):format(name:upper(), section), 1, true))
    end
    local ids = {}
    for id in html:gmatch ' id="([^"]*)"' do
      assert.falsy(ids[id], id)
      ids[id] = true
    end
    for id in html:gmatch ' href="#([^"]*)"' do assert.truthy(ids[id], id) end
    assert.same({}, missing(text, { "mtr.trace", "mtr_open", "transport", "max_ttl" }))
  end)

  it("say of every stop reason what mtr.h says, and of every format what its table says", function()
    local source, names = io.open "core/mtr.h":read "*a", {}
    for i, block in ipairs(require "scripts.doc.header".stops(source)) do
      names[i] = block.term:match "^`(%l+)`$"
      assert.truthy(#block.text > 10 and not block.text:find "[*\n]", block.text)
    end
    local words = require "mtr.record.words"
    assert.same({ unpack(words.stop) }, names)
    local text = run "cat $DIR/doc/manual.txt".out
    for _, format in ipairs(require "mtr.report".list "any") do
      local says = (format.says or "for people"):gsub("%p", "%%%0")
      local row = ("\n    %s +%s\n"):format(format.word, says)
      assert.truthy(text:find(row), row)
    end
  end)

  it("are the same in each run", function()
    local got = run "build/mtrlua scripts/doc/main.lua $DIR/again"
    assert.same({ 0, "", "" }, { got.status, got.out, got.err })
    got = run "diff -r $DIR/doc $DIR/again"
    assert.same({ 0, "" }, { got.status, got.out })
  end)
end)
