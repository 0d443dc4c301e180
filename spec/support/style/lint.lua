-- SPDX-License-Identifier: MIT
--
-- The rules of style that a machine can check and no compiler does: width and length of files, the
-- licence line, tabs and trailing blanks, include guards, heads of Lua files. Run by `make lint`
-- from the top. Specs may be longer than code: they are lists of cases.
package.path = "./?.lua;" .. package.path

local heads = require "spec.support.style.heads"

local limits = {
  c = { columns = 80, lines = 400 },
  h = { columns = 80, lines = math.huge },
  lua = { columns = 100, lines = 250 },
}
local faults = 0

local function fault(file, line, message)
  faults = faults + 1
  io.stderr:write(("%s:%d: %s\n"):format(file, line, message))
end

-- Characters, not bytes.
local function columns(line)
  return #line:gsub("[\128-\191]", "")
end

local function check_line(file, n, line, limit)
  if columns(line) > limit.columns then
    fault(file, n, ("%d columns, at most %d"):format(columns(line), limit.columns))
  end
  if line:find("[ \t]$") then
    fault(file, n, "trailing blank")
  elseif line:find("\t") then
    fault(file, n, "tab")
  end
end

local function check(file)
  local kind, lines = file:match("%.(%a+)$") or "lua", {}
  local limit = limits[kind]
  for line in io.lines(file) do
    lines[#lines + 1] = line
    check_line(file, #lines, line, limit)
  end
  local most = file:find("^spec/") and 500 or limit.lines
  if #lines > most then
    fault(file, #lines, ("%d lines, at most %d"):format(#lines, most))
  end
  local text = table.concat(lines, "\n")
  if not text:find("SPDX-License-Identifier: MIT", 1, true) then
    fault(file, 1, "no SPDX line")
  end
  if kind == "lua" then
    heads.check(file, text, function(n, message) fault(file, n, message) end)
  end
  local floor, name = file:match("(%w+)/([%w_]+)%.h$")
  if floor and file ~= "core/mtr.h" then
    local guard = ("#ifndef %s_%s_H\n"):format(floor:upper(), name:upper())
    if not text:find(guard, 1, true) then
      fault(file, 1, "no guard " .. guard)
    end
  end
end

-- C, and Lua: with its ending, or a program without one.
local find = "{ find core lua scripts spec -name '*.c' -o -name '*.h' -o -name '*.lua';"
  .. " grep -rlI -m1 '^#!.*\\(luajit\\|mtrlua\\)' --exclude='*.*' core lua scripts spec; }"
local files = assert(io.popen(find .. " | LC_ALL=C sort"))
for file in files:lines() do
  check(file)
end
files:close()
os.exit(faults == 0)
