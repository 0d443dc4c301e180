-- SPDX-License-Identifier: MIT
--
-- The ids that results carry, so that one archive can have the results of many runs: the list of
-- targets, the cycle (one pass over that list), the campaign, and the monitor (the vantage point).
-- Each is a name or a whole number of the user; the engine does not interpret them.
--
-- They are options of an engine and of a campaign; a campaign's replace its engine's. Results that
-- the library writes as JSON take them from a label, which the traces of a campaign share. The
-- number of the attempt (`try`) goes the same way.

local lib = require "mtr.lib"
local err = require "mtr.base.err"
local json = require "mtr.record.json"

local C = lib.C
local M = {}

---@class mtr.Ids
---@field list? string|integer
---@field cycle? string|integer
---@field campaign? string|integer
---@field monitor? string|integer

--- What a label is made of: the ids, and what a campaign adds to them.
---@class mtr.LabelIds: mtr.Ids
---@field try? integer which attempt it is, in a campaign with retries

local LONGEST = 255                    -- bytes of a name

local function id(value)
  if type(value) == "string" and #value > 0 and #value <= LONGEST then return value end
  if type(value) == "number" and value % 1 == 0 and math.abs(value) < 2 ^ 53 then return value end
  return nil, ("must be a name of 1..%d bytes or a whole number"):format(LONGEST)
end

--- The options, for declarations.
---@type mtr.Option[]
M.options = {
  { name = "list", kind = id, otherwise = "none", doc = "id of the list of targets, in results" },
  { name = "cycle", kind = id, otherwise = "none", doc = "id of this pass over the list" },
  { name = "campaign", kind = id, otherwise = "none", doc = "id of the campaign" },
  { name = "monitor", kind = id, otherwise = "none", doc = "name of the vantage point" },
}

--- Takes the ids out of a table of checked options.
---@param opts table
---@param below? mtr.Ids ids that those of `opts` replace
---@return mtr.Ids? ids nil: there are none
function M.take(opts, below)
  local ids
  for _, option in ipairs(M.options) do
    local name = option.name
    local value = opts[name]
    if value == nil then value = below and below[name] end
    if value ~= nil then
      ids = ids or {}
      ids[name] = value
    end
  end
  return ids
end

--- Makes the label of some ids: see struct mtr_trace in core/mtr.h.
---@param engine ffi.cdata*
---@param ids? mtr.LabelIds
---@return integer? label 0: no ids
---@return string? message, string? name
function M.label(engine, ids)
  if not ids then return 0 end
  local out = {}
  for _, option in ipairs(M.options) do
    local value = ids[option.name]
    if value ~= nil then
      out[#out + 1] = (',"%s":%s'):format(option.name, json.encode(value))
    end
  end
  if ids.try then out[#out + 1] = (',"try":%d'):format(ids.try) end
  local text = table.concat(out)
  local label = C.mtr_payload(engine, text, #text)
  if label < 0 then return err.env(label, "the ids of results") end
  return label
end

return M
