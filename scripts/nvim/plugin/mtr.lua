-- SPDX-License-Identifier: MIT
--
-- The plugin for Neovim, 0.7 or later: the command :Mtr. See :help mtr.
--
-- In a clone of the repository, the Lua files of the library are beside this file, and Lua is told
-- where. This file may be sourced again: that changes nothing.

local this = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p")
local root = this:match "^(.*/)scripts/nvim/plugin/mtr%.lua$"

if root and vim.fn.filereadable(root .. "lua/mtr/init.lua") == 1 then
  local path = root .. "lua/?.lua;" .. root .. "lua/?/init.lua;"
  if not package.path:find(path, 1, true) then package.path = path .. package.path end
end

vim.api.nvim_create_user_command("Mtr", function(command)
  require "mtr.nvim".command(command.fargs)
end, {
  nargs = "+",
  desc = "Probe the path to a host in rounds, in a buffer that lives",
  complete = function(lead) return require "mtr.nvim".complete(lead) end,
})
