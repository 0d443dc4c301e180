-- SPDX-License-Identifier: MIT
--
-- How idle the processors of this machine are, for a runner that starts more work only
-- where it takes nothing from what runs. The numbers are those of Linux's /proc/stat: they count
-- all that runs on the machine, also outside of a container.
local M = {}

---The processors' time so far, in the kernel's ticks: all of it, and the idle part. Idle is also
---the time of waiting for a disk.
---@param text string  what /proc/stat says
---@return number all
---@return number idle
function M.ticks(text)
  local all, idle, place = 0, 0, 0
  for word in text:match "^cpu +([%d ]+)":gmatch "%d+" do
    place = place + 1
    if place <= 8 then all = all + tonumber(word) end      -- the rest are parts of the first two
    if place == 4 or place == 5 then idle = idle + tonumber(word) end
  end
  return all, idle
end

---A function that tells which share of the processors' time was idle since it was called last: 0
---to 1, at first since it was made. 0 if no time has passed, or where nobody can tell.
---@param read? fun(): string?  what /proc/stat says
---@return fun(): number
function M.meter(read)
  read = read or function()
    local file = io.open "/proc/stat"
    local text = file and file:read "*l"
    if file then file:close() end
    return text
  end
  local function now()
    local text = read()
    if text then return M.ticks(text) end
    return 0, 0
  end
  local all, idle = now()
  return function()
    local all_before, idle_before = all, idle
    all, idle = now()
    return all > all_before and (idle - idle_before) / (all - all_before) or 0
  end
end

return M
