-- SPDX-License-Identifier: MIT
--
-- What keys do to the view.
local keys = require "mtr.live.keys"
local live_paths = require "spec.support.virtual.live_paths"

describe("the keys of live", function()
  local view
  before_each(function()
    view = { paths = {}, current = 1, mode = "table", scroll = 0, letters = "LNH", names = true,
      origins = false, paused = false, most = 9, page = 4 }
    for i = 1, 3 do view.paths[i] = live_paths.new("t" .. i, { "10.0.0.1", "10.0.0." .. i }, 3) end
  end)

  -- Presses keys; returns what the last one returned.
  local function press(words)
    local last
    for key in words:gmatch "%S+" do last = keys.press(view, key) end
    return last
  end

  it("end it, by q", function()
    assert.equal("quit", press "q")
    assert.is_nil(press "x")
  end)

  it("switch pause, names and AS numbers", function()
    press "p n z"
    assert.same({ true, false, true }, { view.paused, view.names, view.origins })
    press "p n z"
    assert.same({ false, true, false }, { view.paused, view.names, view.origins })
  end)

  it("go round the targets, and to one by its number", function()
    for _, case in ipairs { { "tab", 2 }, { "tab", 3 }, { "right", 1 }, { "left", 3 },
      { "backtab", 2 }, { "3", 3 }, { "4", 3 } } do
      view.scroll = 2
      press(case[1])
      assert.equal(case[2], view.current)
    end
    assert.equal(2, view.scroll)         -- there is no fourth target
    press "1"
    assert.equal(0, view.scroll)
  end)

  it("change the display; all targets only if there are several", function()
    local modes = {}
    for i = 1, 4 do
      press "d"
      modes[i] = view.mode
    end
    assert.same({ "bars", "all", "table", "bars" }, modes)
    press "d enter"
    assert.equal("table", view.mode)
    view.paths = { view.paths[1] }
    press "d d"
    assert.equal("table", view.mode)
  end)

  it("scroll within the table", function()
    for _, case in ipairs { { "down", 1 }, { "j", 2 }, { "up", 1 }, { "pagedown", 5 }, { "end", 9 },
      { "down", 9 }, { "pageup", 5 }, { "home", 0 }, { "k", 0 } } do
      press(case[1])
      assert.equal(case[2], view.scroll)
    end
  end)

  it("reset all targets", function()
    press "r"
    for _, path in ipairs(view.paths) do assert.same({ 0, 3 }, { path:length(), path.since }) end
  end)

  it("open a page over the table, which any other key closes", function()
    press "down ?"
    assert.same({ "help", 0 }, { view.over, view.scroll })
    press "down"
    assert.same({ "help", 1 }, { view.over, view.scroll })
    assert.is_nil(press "q")
    assert.same({ 1 }, { view.scroll, view.over })
  end)

  it("choose columns by their letters, small or capital", function()
    press "o s A h"
    assert.same({ "columns", "LSNA" }, { view.over, view.letters })
    press "enter"
    assert.is_nil(view.over)
  end)
end)
