-- SPDX-License-Identifier: MIT
--
-- The page of mtr.report.html as Chromium shows it: without an error on the console, with all that
-- the results have, and with text of the network as text.
local cjson = require "cjson"
local html = require "mtr.report.html"
local results = require "spec.support.virtual.results"
local run = require "spec.support.harness.run"
local Result = require "mtr.record.result"

-- One browser for all tests, which starts with the first of them.
local browser

local function launch()
  local answers = run.dir() .. "/answers"
  os.execute(("mkfifo '%s'"):format(answers))
  local input = assert(io.popen(("timeout 600 python3 spec/support/real/browser.py '%s'"):format(
    answers), "w"))
  return { input = input, answers = assert(io.open(answers)) }
end

-- Opens a page; returns the values of expressions, and the errors on its console.
local function visit(page, ...)
  if not run.has "chromium" then pending "needs chromium" end
  browser = browser or launch()
  browser.input:write(cjson.encode { "file://" .. page, ... }, "\n")
  browser.input:flush()
  local said = cjson.decode((assert(browser.answers:read "*l", "the browser has ended")))
  return said.values, said.errors
end

-- Does the same for a page that must have no error.
local function browse(page, ...)
  local values, errors = visit(page, ...)
  assert.same({}, errors)
  return unpack(values)
end

local function trace(target, start, path, more)
  local hops = {}
  for ttl, addr in ipairs(path) do
    hops[ttl] = { ttl = ttl, replies = addr ~= "" and { { addr = addr, rtt = ttl * 1.5 } } or {},
      unanswered = addr == "" and 1 or nil }
  end
  local all = { target = target, dst = path[#path], src = "192.0.2.1", protocol = "udp", flow = 0,
    start = start, duration = 20, probe_count = #path, stop_reason = "completed", hops = hops }
  for name, value in pairs(more or {}) do all[name] = value end
  return Result.of(all)
end

local function page(name, list)
  local path = run.dir() .. "/" .. name
  results.give(html.new(path), list)
  return path
end

-- The texts of all elements of a class or a tag.
local TEXTS = "JSON.stringify([...document.querySelectorAll(%q)].map((e) => e.textContent))"
local function texts(selector) return TEXTS:format(selector) end

-- Types a text into the search box.
local SEARCH = [[(() => { const box = document.getElementById("search"); box.value = %q;
  box.dispatchEvent(new Event("input")); return document.body.dataset.shown; })()]]

local HAS = "document.body.innerText.includes(%q)"

describe("the page of html", function()
  teardown(function()
    if browser then browser.input:close() end
    run.clean()
  end)

  it("shows hops, times, targets and ends of a campaign, and filters them", function()
    local path = run.dir() .. "/campaign.html"
    local _, list = results.campaign { html.new(path) }
    local shown, heads, nodes, rows, one, none, stopped = browse(path,
      "document.body.dataset.shown", texts ".head", texts ".node text", texts ".row:not(.titles)",
      SEARCH:format "203.0.113.77", SEARCH:format "no such thing", SEARCH:format "10.0.0.1")
    assert.same({ tostring(#list), "1", "0" }, { shown, one, none })
    local four = 0
    for _, result in ipairs(list) do four = four + (result.dst:find ":" and 0 or 1) end
    assert.equal(tostring(four), stopped)
    assert.truthy(heads:find('"hop 1","', 1, true), heads)
    for _, text in ipairs { "start", "10.0.0.1", "10.0.1.1", "no answer", "203.0.113.10" } do
      assert.truthy(nodes:find('"' .. text .. '"', 1, true), text .. " in " .. nodes)
    end
    for _, result in ipairs(list) do
      assert.truthy(rows:find(result.target, 1, true), rows)
    end
    assert.truthy(rows:find("reached the target", 1, true))
  end)

  it("shows the traces through a box, a trace hop by hop, and all again", function()
    local path = run.dir() .. "/controls.html"
    local _, list = results.campaign { html.new(path) }
    local click = [[(() => { const all = [...document.querySelectorAll(%q)];
      all.find((e) => e.textContent.includes(%q)).dispatchEvent(new MouseEvent("click",
        { bubbles: true })); return `${document.body.dataset.shown} ${location.hash}`; })()]]
    local detail = "document.getElementById('detail').innerText"
    local escape = [[document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
      document.getElementById("detail").hidden]]
    local through, opened, said, hidden, all = browse(path, click:format(".node", "203.0.113.77"),
      click:format(".row:not(.titles)", "203.0.113.77"), detail, escape,
      "document.body.dataset.shown")
    assert.truthy(through:find "^1 #node=%d+$", through)
    assert.truthy(opened:find "^1 #node=%d+&trace=%d+$", opened)
    for _, text in ipairs { "To 203.0.113.77", "10.0.0.1", "MPLS 24001", "no answer",
      "3 answers" } do
      assert.truthy(said:find(text, 1, true), text .. " in " .. said)
    end
    assert.same({ true, tostring(#list) }, { hidden, all })
  end)

  it("marks the target where it answers, not where a router has its address", function()
    local passed = { addr = "10.0.0.9", rtt = 1, te_from_dst = true }
    local answer = { addr = "10.0.0.9", rtt = 3, final = true }
    local mda = { confidence = 95, flows = 6, hops = {} }
    for ttl, from in ipairs { "source", "10.0.0.9", "10.0.0.1" } do
      local to = ttl == 2 and "10.0.0.1" or "10.0.0.9"
      mda.hops[ttl] = { ttl = ttl, nodes = { to }, links = { { from = from, to = to } } }
    end
    for kind, more in pairs { sweep = {}, mda = { mda = mda } } do
      more.hops = { { ttl = 1, replies = { passed } },
        { ttl = 2, replies = { { addr = "10.0.0.1", rtt = 2 } } },
        { ttl = 3, replies = { passed, answer } } }
      local path = page("passed.html", { trace("10.0.0.9", 1e9, { "10.0.0.9" }, more) })
      local all, targets, x = browse(path, texts ".node text", texts ".node.target text",
        [[(() => { const at = (e) => Number(e.querySelector("rect").getAttribute("x"));
          return [...document.querySelectorAll(".node")].every((e) =>
            at(e) <= at(document.querySelector(".node.target"))); })()]])
      assert.equal(2, select(2, all:gsub("10%.0%.0%.9", "")), kind)
      assert.same({ '["10.0.0.9"]', true }, { targets, x }, kind)
    end
  end)

  it("leaves text of the network as text", function()
    local evil = '</script><script>document.title="owned"</script><img src=x onerror=alert(1)>'
    package.loaded["mtr.names"] = { peek = function()
      return evil, { asn = 64500, name = evil, label = evil }
    end }
    local path = page("evil.html", { trace(evil, 1e9, { "10.0.0.1", evil },
      { src = evil, stop_reason = evil }) })
    package.loaded["mtr.names"] = nil
    local title, elements, seen = browse(path, "document.title",
      "document.querySelectorAll('img, body script:not(.records)').length", HAS:format(evil))
    assert.equal("The route to " .. evil, title)
    assert.same({ 1, true }, { elements, seen })        -- the page's own script
  end)

  it("runs no script that is not its own", function()
    local path = page("policy.html", { trace("a", 1e9, { "10.0.0.1" }) })
    local values, errors = visit(path, [[{ const script = document.createElement("script");
      script.textContent = "window.ran = true"; document.body.append(script); typeof window.ran }]])
    assert.same({ "undefined" }, values)
    assert.equal(1, #errors)
    assert.truthy(errors[1]:find("Content Security Policy", 1, true), errors[1])
  end)

  it("is light and dark, and begins as a link says", function()
    local path = page("theme.html", { trace("a.example", 1e9, { "10.0.0.1", "10.0.0.2" }),
      trace("b.example", 1e9, { "10.0.0.1", "10.0.0.3" }) })
    local colour = "getComputedStyle(document.body).backgroundColor"
    local click = "document.getElementById('theme').click()"
    local first, _, second, _, third = browse(path, colour, click, colour, click, colour)
    assert.equal(first, third)
    assert.not_equal(first, second)
    local shown, text, tab = browse(path .. "#q=b.ex&tab=addresses&theme=dark",
      "document.body.dataset.shown", "document.documentElement.dataset.theme",
      texts "#tabs [aria-selected=true]")
    assert.same({ "1", "dark", '["Addresses"]' }, { shown, text, tab })
  end)

  it("shows changes over time, and takes routers that take turns for none", function()
    local list = {}
    for round = 1, 12 do
      local new = round > 6
      list[#list + 1] = trace("moved.example", 1e9 + round * 60,
        { "10.0.0.1", new and "10.0.3.1" or "10.0.2.1", "203.0.113.9" })
      list[#list + 1] = trace("shared.example", 1e9 + round * 60,
        { "10.0.0.1", round % 2 == 0 and "10.0.2.1" or "10.0.3.1", "203.0.113.10" })
      list[#list + 1] = trace("quiet.example", 1e9 + round * 60,
        { "10.0.0.1", new and "" or "10.0.2.1", "203.0.113.11" })
    end
    local rows, story = browse(page("time.html", list) .. "#tab=time",
      texts ".list .row:not(.titles)", texts ".story > div:last-child > .mono")
    assert.equal('["moved.example1","quiet.example0","shared.example0"]', rows)
    assert.equal('["2001-09-09 01:53:40  hop 2: 10.0.2.1 → 10.0.3.1"]', story)
  end)

  it("is a page without traces, and after its process was killed", function()
    local none = browse(page("none.html", {}), "document.getElementById('title').textContent")
    assert.equal("No traces", none)
    local path = page("killed.html", { trace("a", 1e9, { "10.0.0.1" }),
      trace("b", 1e9, { "10.0.0.1" }) })
    local text = run.read(path)
    run.file("killed.html", text:sub(1, -20))
    assert.equal("1", browse(path, "document.body.dataset.shown"))
  end)
end)
