-- SPDX-License-Identifier: MIT
--
-- The reporters that come with the library, by what they write; loaded when asked for. Any table
-- with some of the methods of mtr.Reporter is one too.

local M = {}

--- Each result as one line of JSON into a file; "-": standard output.
---@param path? string
---@return mtr.Reporter
function M.jsonl(path) return require("mtr.report.jsonl").new(path) end

return M
