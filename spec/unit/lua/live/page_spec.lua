-- SPDX-License-Identifier: MIT
--
-- The whole screen as lines, for paths of made-up answers.
local page = require "mtr.live.page"
local live_paths = require "spec.support.virtual.live_paths"
local text = require "mtr.screen.text"

local ROUTERS = { "10.0.0.1", "10.0.0.2", "10.0.0.3", "203.0.113.9" }

local function view(paths, more)
  local v = { paths = paths, current = 1, mode = "table", scroll = 0, letters = "LSNABWVJH",
    names = false, origins = false, paused = false, method = "icmp, a round every 1 s",
    style = text.new { styled = false } }
  for name, value in pairs(more or {}) do v[name] = value end
  return v
end

local function lines(v, rows, width) return page.lines(v, rows or 24, width or 80, "12:00:01") end

local function joined(...) return table.concat(lines(...), "\n") end

local function has(expected, found)
  assert(found:find(expected, 1, true), ("%q is not in:\n%s"):format(expected, found))
end

local function has_not(expected, found)
  assert(not found:find(expected, 1, true), ("%q is in:\n%s"):format(expected, found))
end

describe("the page of live", function()
  it("shows a table of hops, with what a newcomer wants to know above it", function()
    local list = lines(view { live_paths.new("web.example", ROUTERS, 20) }, 14)
    assert.same({
      "mtrlua live  icmp, a round every 1 s                                    12:00:01", "",
      "web.example (203.0.113.9): reached in 4 hops, 0.0% loss, 4.00 ms on average", "",
      "Hop Host                 Loss  Sent   Last    Avg   Best  Worst  StDev  0-5 ms",
      " 1  10.0.0.1             0.0%    20   1.00   1.00   1.00   1.00   0.00  ........",
      " 2  10.0.0.2             0.0%    20   2.00   2.00   2.00   2.00   0.00  --------",
      " 3  10.0.0.3             0.0%    20   3.00   3.00   3.00   3.00   0.00  ========",
      " 4  203.0.113.9          0.0%    20   4.00   4.00   4.00   4.00   0.00  ********",
      "", "", "", "",
      "q quit  p pause  r reset  d display  n names  z AS  o columns  ? help",
    }, list)
  end)

  it("tells a rate limit from loss", function()
    local path = live_paths.new("web", { "10.0.0.1", { "10.0.0.2", false, false }, "203.0.113.9" },
      30)
    local shown = joined(view { path })
    has(" 2  10.0.0.2 (rate limit)   66.7%", shown)
    has("0.0% loss", shown)
    path = live_paths.new("web", { "10.0.0.1", { "10.0.0.2", false }, { "203.0.113.9", false } },
      30)
    has_not("rate limit", joined(view { path }))
    has("50.0% loss", joined(view { path }))
  end)

  it("names the alternatives of a hop, and what was there before a change", function()
    local path = live_paths.new("web", { "10.0.0.1", { "10.0.0.2", "10.0.0.3" }, "203.0.113.9" },
      20)
    has("    or 10.0.0.3, 50% of answers", joined(view { path }))
    has_not("changed", joined(view { path }))
    for round = 21, 24 do live_paths.probe(path, 1, round, "10.0.0.8") end
    local at = os.date("%H:%M:%S", path.clock)
    has("the path changed at hop 1, " .. at, joined(view { path }))
    has(" 1  10.0.0.8", joined(view { path }))
    has("    was 10.0.0.1 until " .. at, joined(view { path }))
  end)

  it("says of a silent router that it gives no answer, and of a silent end where it begins",
    function()
      local path = live_paths.new("web", { "10.0.0.1", false, "10.0.0.3", "203.0.113.9" }, 5)
      has(" 2  (no answer)", joined(view { path }))
      path = live_paths.new("web", { "10.0.0.1", "10.0.0.2", false, false, false, false }, 5)
      local shown = joined(view { path })
      has(" 3 to 6  (no answer)", shown)
      has("the target does not answer; the last answer is from hop 2", shown)
      has_not("\n 4", shown)
    end)

  it("hides the first hops, and tells nothing of them", function()
    for hidden, begin in pairs { [1] = " 1  (hidden)\n 2  10.0.0.2 ",
      [2] = " 1 to 2  (hidden)\n 3  10.0.0.3 " } do
      local path = live_paths.new("web", ROUTERS, 0)
      path.privacy = hidden
      for round = 1, 20 do
        path.round = round
        for ttl, addr in ipairs(ROUTERS) do
          local moved = ttl == 1 and round > 10
          live_paths.probe(path, ttl, round, moved and "10.0.9.9" or addr, { final = ttl == 4 })
        end
        live_paths.probe(path, 1, round, false)
      end
      local shown = joined(view { path })
      has(begin, shown)
      has("reached in 4 hops, 0.0% loss", shown)
      for _, word in ipairs { "10.0.0.1", "10.0.9.9", "changed", "was " } do
        has_not(word, shown)
      end
    end
  end)

  it("shows MPLS labels below the router that tells them", function()
    local path = live_paths.new("web", { "10.0.0.1", "203.0.113.9" }, 3)
    local function with(...)
      local objects = {}
      for i, label in ipairs { ... } do
        objects[i] = { mpls = { { label = label, tc = 0, s = 1, ttl = 1 } } }
      end
      live_paths.probe(path, 1, 4, "10.0.0.1", { ext = objects })
      return joined(view { path })
    end
    has("    MPLS 24001 17\n 2  203.0.113.9", with(24001, 17))
    has_not("MPLS", with())
  end)

  it("says why a target cannot be traced, or what it waits for", function()
    local path = live_paths.new("nosuch.example", {}, 0)
    has("waiting for the first answers", joined(view { path }))
    path.state, path.message = "failed", "ENOENT: name not found\27[2J"
    has("nosuch.example (203.0.113.9): name not found?[2J", joined(view { path }))
    path = live_paths.new("web", { "10.0.0.1" }, 0)
    for round = 1, 3 do
      path.round = round
      live_paths.probe(path, 1, round, "10.0.0.1",
        { unreach = true, icmp_type = 3, icmp_code = 1 })
    end
    has("stopped at hop 1, which refuses to go on (!H)", joined(view { path }))
  end)

  it("shows one of several targets, or a line for each", function()
    local paths = { live_paths.new("one", ROUTERS, 5), live_paths.new("two", ROUTERS, 5),
      live_paths.new("three", { "10.0.0.1", false }, 5) }
    paths[2].target = "t\27wo"
    local shown = joined(view(paths, { current = 2 }))
    has(" 1 one  2 t?wo  3 three", shown)
    has("t?wo (203.0.113.9): reached", shown)
    shown = joined(view(paths, { mode = "all", current = 2 }))
    has("   Target           Hops   Loss   Last    Avg  Worst  latest rounds", shown)
    has("   one                 4   0.0%   4.00   4.00   4.00  ", shown)
    has(" > t?wo                4   0.0%", shown)
    has("   three            the target does not answer", shown)
  end)

  it("has long bars in place of columns", function()
    local shown = joined(view({ live_paths.new("web", ROUTERS, 200) }, { mode = "bars" }))
    has("Hop Host                 Loss   Last  last 42 rounds, bars 0 to 5 ms", shown)
    has(" 4  203.0.113.9          0.0%   4.00  " .. ("*"):rep(42), shown)
  end)

  it("shows AS numbers or the use of special addresses", function()
    has("Hop AS        Host", joined(view({ live_paths.new("web", ROUTERS, 2) },
      { origins = true })))
    has(" 1  private   10.0.0.1", joined(view({ live_paths.new("web", ROUTERS, 2) },
      { origins = true })))
  end)

  it("scrolls, and says that there is more", function()
    local hops = {}
    for i = 1, 30 do hops[i] = "10.0.0." .. i end
    local v = view({ live_paths.new("web", hops, 2) }, {})
    has("    ... 18 more lines: arrow down", joined(v, 20))
    v.scroll = math.huge
    local shown = joined(v, 20)
    has("\n30  10.0.0.30", shown)
    has_not("more lines", shown)
    assert.equal(v.most, v.scroll)
    v.over, v.scroll = "help", 0
    has("quit; the table stays on the terminal", joined(v, 40))
    v.over = "columns"
    has("[x] L  Loss", joined(v, 40))
    has("[ ] G  GMean", joined(v, 40))
  end)

  it("fits every size, and never shows an escape code of the network", function()
    local hops = { "10.0.0.1", { "10.0.0.2", "10.0.0.3" }, false, "fe80::1%a\27[31m" }
    local paths = { live_paths.new(("x"):rep(300), hops, 9), live_paths.new("b\nb", hops, 9) }
    for _, width in ipairs { 1, 2, 5, 10, 19, 20, 33, 40, 60, 79, 80, 81, 132, 300, 600 } do
      for _, rows in ipairs { 1, 2, 3, 5, 7, 10, 14, 20, 24, 60 } do
        for _, mode in ipairs { "table", "bars", "all" } do
          for _, over in ipairs { false, "help", "columns" } do
            local v = view(paths, { mode = mode, over = over or nil, origins = rows % 2 == 0,
              style = text.new { utf8 = true, color = true } })
            local list = lines(v, rows, width)
            assert.is_true(#list <= rows, ("%d lines in %d rows"):format(#list, rows))
            for _, line in ipairs(list) do
              local plain = line:gsub("\27%[[%d;]*m", "")
              assert.is_true(text.width(plain) <= width, ("%d columns: %q"):format(width, plain))
              assert.is_nil(plain:find "%c")
            end
          end
        end
      end
    end
  end)

  it("leaves a table as plain text at the end", function()
    local list = page.last(view { live_paths.new("web", ROUTERS, 20) },
      live_paths.new("web", ROUTERS, 20), 60)
    assert.equal("web (203.0.113.9): reached in 4 hops, 0.0% loss, 4.00 ms on average", list[1])
    assert.equal(6, #list)
    for _, line in ipairs(list) do assert.is_nil(line:find "\27" or line:find " $") end
  end)
end)
