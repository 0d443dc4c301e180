-- SPDX-License-Identifier: MIT
--
-- Which vantage points trace a lease, if each target is traced from n of them: those whose scores
-- are lowest. A score depends on the seed, the number of the lease and the name only, so every
-- worker comes to the same choice without asking.

local M = {}

local WORD = 4294967296

-- The score of a text. It begins with 2166136261. For each byte, and then eight times with 0 in
-- place of a byte: score = (score + byte) * 69069 mod 2^32, and score = (score + 1 + floor(score /
-- 2^15)) * 48271 mod 2^32.
local function score(text)
  local h = 2166136261
  for i = 1, #text + 8 do
    h = (h + (text:byte(i) or 0)) * 69069 % WORD
    h = (h + 1 + math.floor(h / 32768)) % WORD * 48271 % WORD
  end
  return h
end

--- Returns true if a vantage point traces a lease.
---@param point string
---@param points string[] all of the campaign
---@param n integer how many of them trace it
---@param seed integer
---@param lease integer
---@return boolean
function M.is(point, points, n, seed, lease)
  local mine, before = score(("%.0f:%.0f:%s"):format(seed, lease, point)), 0
  for _, other in ipairs(points) do
    local s = score(("%.0f:%.0f:%s"):format(seed, lease, other))
    if s < mine or s == mine and other < point then before = before + 1 end
  end
  return before < n
end

return M
