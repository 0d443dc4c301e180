-- SPDX-License-Identifier: MIT
--
-- Runs shell commands for specs: run("...") gives { status =, out =, err = }. In them
-- "$MTR_PROGRAM" is mtrlua, and "$DIR" a directory of its own that run.clean() removes. Who called
-- sudo is not told: mtrlua would become that user.
local M = {}

-- Returns the bytes of a file.
function M.read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local dir

-- The directory of this run, made on first use.
function M.dir()
  if not dir then
    local pipe = assert(io.popen("mktemp -d"))
    dir = pipe:read("*l")
    pipe:close()
  end
  return dir
end

-- Writes a file into that directory and returns its path.
function M.file(name, text)
  local path = M.dir() .. "/" .. name
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

-- Removes that directory.
function M.clean()
  if dir then
    os.execute("rm -rf " .. quote(dir))
    dir = nil
  end
end

-- Is the program |name| installed?
function M.has(name)
  return M.run("command -v " .. name).status == 0
end

-- The records of a text in JSON Lines, which has to end with a whole one.
function M.records(text)
  local list = {}
  for line in text:gmatch("[^\n]+") do list[#list + 1] = require("cjson").decode(line) end
  assert(text == "" or text:sub(-1) == "\n", "the last record is cut")
  return list
end

-- Runs |command| with sh, its streams kept apart. It has 60 seconds, or as many as |seconds| says;
-- then its status is 124.
function M.run(command, seconds)
  local base = M.dir() .. "/.run"
  local line = ("unset SUDO_UID; DIR=%s timeout %d sh -c %s >%s.out 2>%s.err; echo $? >%s.status")
    :format(quote(M.dir()), seconds or 60, quote(command), base, base, base)
  os.execute(line)
  return {
    status = tonumber(M.read(base .. ".status")),
    out = M.read(base .. ".out"),
    err = M.read(base .. ".err"),
  }
end

return M
