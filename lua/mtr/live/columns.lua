-- SPDX-License-Identifier: MIT
--
-- The columns of the table of live, by the letters of mtr(8): what each is called, how wide it is,
-- and its text for a hop. Times are in ms.

local M = {}

---@class mtr.LiveColumn
---@field letter string
---@field title string
---@field width integer
---@field doc string
---@field text fun(hop: mtr.HopStats): string

--- Returns ms as text of at most six characters.
---@param value number
---@return string
function M.ms(value)
  return (value < 9.995 and "%.2f" or value < 999.95 and "%.1f" or "%.0f"):format(value)
end

local function ms(name)
  return function(hop) return hop[name] and M.ms(hop[name]) or "-" end
end

local function p95(hop)
  local value = hop:quantile(0.95)
  return value and M.ms(value) or "-"
end

local function count(name)
  return function(hop) return ("%d"):format(hop[name]) end
end

-- The share of probes that were not answered.
local function loss(hop)
  if hop.sent == 0 then return "-" end
  local percent = 100 * hop.unanswered / hop.sent
  return (percent == 100 and "%.0f%%" or "%.1f%%"):format(percent)
end

--- All columns, in the order in which they are offered.
---@type mtr.LiveColumn[]
M.list = {
  { letter = "L", title = "Loss", width = 6, text = loss, doc = "probes that were not answered" },
  { letter = "D", title = "NoAns", width = 6, text = count "unanswered",
    doc = "how many probes were not answered" },
  { letter = "R", title = "Recv", width = 6, text = count "received", doc = "answers" },
  { letter = "S", title = "Sent", width = 5, text = count "sent",
    doc = "probes that were answered or waited for in vain" },
  { letter = "N", title = "Last", width = 6, text = ms "last", doc = "latest round-trip time" },
  { letter = "A", title = "Avg", width = 6, text = ms "avg", doc = "average round-trip time" },
  { letter = "B", title = "Best", width = 6, text = ms "best", doc = "shortest round-trip time" },
  { letter = "W", title = "Worst", width = 6, text = ms "worst", doc = "longest round-trip time" },
  { letter = "V", title = "StDev", width = 6, text = ms "stdev", doc = "standard deviation" },
  { letter = "G", title = "GMean", width = 6, text = ms "gmean", doc = "geometric mean" },
  { letter = "P", title = "95%", width = 6, text = p95,
    doc = "95 of 100 round-trip times are at most this" },
  { letter = "J", title = "Jitter", width = 6, text = ms "jitter",
    doc = "difference of the last two round-trip times" },
  { letter = "M", title = "JitAvg", width = 6, text = ms "jitter_avg", doc = "average jitter" },
  { letter = "X", title = "JitMax", width = 6, text = ms "jitter_max", doc = "largest jitter" },
  { letter = "I", title = "JitInt", width = 6, text = ms "jitter_interarrival",
    doc = "interarrival jitter (RFC 3550)" },
}

--- The letter of the history, which is no column of text.
M.HISTORY = "H"

--- The columns that are shown at first.
M.DEFAULT = "LSNABWVJH"

local by_letter = {}
for _, column in ipairs(M.list) do by_letter[column.letter] = column end

--- Returns the column of a letter.
---@param letter string
---@return mtr.LiveColumn?
function M.of(letter) return by_letter[letter] end

--- Checks letters of columns. Returns what is wrong, or nil.
---@param letters string
---@return string?
function M.problem(letters)
  for letter in letters:gmatch "." do
    if not by_letter[letter] and letter ~= M.HISTORY then
      local known = {}
      for i, column in ipairs(M.list) do known[i] = column.letter end
      return ("must be letters of %s and %s"):format(table.concat(known, " "), M.HISTORY)
    end
  end
end

--- Returns letters with one more or one less. A new one goes to its place in the list.
---@param letters string
---@param letter string
---@return string
function M.toggle(letters, letter)
  if letters:find(letter, 1, true) then return (letters:gsub(letter, "")) end
  if letter == M.HISTORY then return letters .. letter end
  local rank, at = {}, #letters + 1
  for i, column in ipairs(M.list) do rank[column.letter] = i end
  for i = #letters, 1, -1 do
    if (rank[letters:sub(i, i)] or math.huge) > rank[letter] then at = i end
  end
  return letters:sub(1, at - 1) .. letter .. letters:sub(at)
end

return M
