-- SPDX-License-Identifier: MIT
--
-- Runs the script in Neovim, beside a timer of 10 ms that calls the editor.
local vim = rawget(_G, "vim")
local script = require("spec.support.real.hosts." .. os.getenv "SCRIPT")

local ticks = 0
local timer = vim.loop.new_timer()
timer:start(10, 10, vim.schedule_wrap(function()
  assert(vim.api.nvim_get_mode())
  ticks = ticks + 1
end))

local function say(...)
  local words = { ... }
  for i, word in ipairs(words) do words[i] = tostring(word) end
  io.stdout:write(table.concat(words, "\t"), "\n")
end

coroutine.wrap(function()
  script(say)
  say("ticks", ticks)
  vim.cmd "qa!"
end)()
